import Broker
import ServerSupport

/// The one place where broker errors become HTTP answers.
extension APIError {
    /// What became of a publish.
    ///
    /// A failed write answers as a shutdown does: see spec Q16.
    init(publishing error: BrokerError) {
        switch error {
        case .exiting, .storage, .consumerLimit, .notInFlight, .notOwner, .topicNotFound,
            .channelNotFound:
            self = .exiting
        }
    }

    /// What became of a change to a topic or channel.
    init(administering error: BrokerError) {
        switch error {
        case .topicNotFound: self = .topicNotFound
        case .channelNotFound: self = .channelNotFound
        case .exiting: self = .exiting
        case .storage, .consumerLimit, .notInFlight, .notOwner: self = .internalError
        }
    }
}
