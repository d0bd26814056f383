package import Broker

/// A topic's channel; `Channel` alone could as well be a socket's.
package typealias TopicChannel = Channel
