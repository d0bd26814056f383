/// How far a daemon has come.
package enum ServiceStage: Sendable {
    /// All fronts listen.
    case serving
    /// It was asked to stop.
    case stopping
}
