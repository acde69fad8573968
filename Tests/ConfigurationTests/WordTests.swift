import DenseKitConfiguration
import Testing

/// The nearest word, and the two spellings of a name.
@Suite struct WordTests {
    @Test(arguments: [
        ("chanels", "channels"), ("CLIPResnet", "CLIPResNet"), ("clipresnet", "CLIPResNet"), ("hcannels", "channels"),
        ("channels_", "channels"),
        ("num-outs", "num_outs"), ("lr", nil), ("xyz", nil), ("", nil), ("GN", nil), ("channels", nil), ("chnnles", "channels"),
    ])
    func nearest(word: String, expected: String?) {
        #expect(nearestWord(to: word, among: ["channels", "num_outs", "CLIPResNet", "BN"]) == expected)
    }

    @Test func nearestOfSeveral() {
        #expect(nearestWord(to: "channel", among: ["chanels", "channels"]) == "channels")
        #expect(nearestWord(to: "abc", among: []) == nil)
    }

    @Test(arguments: [
        ("numClasses", "num_classes"), ("useCLIP", "use_clip"), ("RPNHead", "rpn_head"), ("conv2d", "conv2d"), ("x", "x"),
        ("lrMult", "lr_mult"),
        ("inputURL", "input_url"), ("layer1Norm", "layer1_norm"), ("num_classes", "num_classes"), ("aB", "a_b"), ("", ""),
        ("_base_", "_base_"),
    ])
    func snakeCases(name: String, expected: String) {
        #expect(snakeCase(name) == expected)
    }
}
