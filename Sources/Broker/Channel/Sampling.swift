/// Decides which messages a sampling consumer gets: cheap and good enough, not for secrets (SplitMix64,
/// Steele, Lea and Flood, OOPSLA 2014).
struct Sampling {
    private var state = UInt64.random(in: .min ... .max)

    /// Whether the next message is kept at `rate`, 1 to 99: of a number from 0 to 99, one up to the rate
    /// (`nsqd` spec 3.3).
    mutating func keeps(_ rate: Int) -> Bool {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int((mixed ^ (mixed >> 31)) % 100) <= rate
    }
}
