import DenseKitConfiguration
import Testing

/// The nearest word.
@Suite struct WordTests {
    @Test(arguments: [
        ("chanels", "channels"), ("CLIPResnet", "CLIPResNet"), ("clipresnet", "CLIPResNet"),
        ("hcannels", "channels"),
        ("channels_", "channels"),
        ("num-outs", "num_outs"), ("lr", nil), ("xyz", nil), ("", nil), ("GN", nil),
        ("channels", nil), ("chnnles", "channels"),
    ])
    func nearest(word: String, expected: String?) {
        #expect(
            nearestSpelling(to: word, among: ["channels", "num_outs", "CLIPResNet", "BN"])
                == expected)
    }

    @Test func nearestOfSeveral() {
        #expect(nearestSpelling(to: "channel", among: ["chanels", "channels"]) == "channels")
        #expect(nearestSpelling(to: "abc", among: []) == nil)
    }
}
