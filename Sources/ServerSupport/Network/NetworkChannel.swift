package import NIOCore

/// NIO's channel, a connection's socket; `Channel` alone could as well be a topic's.
package typealias NetworkChannel = NIOCore.Channel
