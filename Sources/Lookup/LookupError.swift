/// Why a registration was refused.
package enum LookupError: Error, Equatable {
    /// The producer has as many as one may have.
    case tooManyOfProducer
    /// There are as many topics and channels as may be known.
    case tooManyNames
    /// There is no such channel.
    case channelNotFound
}
