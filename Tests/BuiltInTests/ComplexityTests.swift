import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

/// The complexity of a shipped experiment, by its `id`, with 150 classes at a square size.
func complexity(_ config: String, _ overrides: [String] = [], size: Int = 1024) throws -> Complexity
{
    try complexity(config, overrides, classes: 150, size: Size2D(size))
}

func complexity(_ config: String, _ overrides: [String], classes: Int, size: Size2D) throws
    -> Complexity
{
    let experiment = try ShippedExperiment.named(config).experiment(overrides: overrides)
    let names = (0..<classes).map { "\($0)" }
    return try Complexity(of: experiment.model(ClassList(names: names)), size: size)
}

/// Whether `value` rounds to the digits of `printed`.
func agrees(_ value: Double, _ printed: String) -> Bool {
    let decimals = printed.split(separator: ".").dropFirst().first?.count ?? 0
    let digit = (0..<decimals).reduce(1.0) { digit, _ in digit / 10 }
    return abs(value - (Double(printed) ?? .nan)) <= digit / 2 * (1 + 1e-9)
}

let fpn50 = "semantic_fpn/fpn_r50_ade20k_80k_512x512"
private let fpn101 = "semantic_fpn/fpn_r101_ade20k_80k_512x512"
private let clip50 = "semantic_fpn/fpn_clip-r50_ade20k_80k_512x512"
private let clip101 = "semantic_fpn/fpn_clip-r101_ade20k_80k_512x512"
let dense50 = "denseclip/denseclip_fpn_r50_ade20k_80k_512x512"
private let dense101 = "denseclip/denseclip_fpn_r101_ade20k_80k_512x512"
let denseIN50 = "denseclip/denseclip_fpn_in1k-r50_ade20k_80k_512x512"
private let denseIN101 = "denseclip/denseclip_fpn_in1k-r101_ade20k_80k_512x512"

/// What the reference implementations have: fvcore's counts of the official code, to the printed
/// digit.
@Suite struct ComplexityTests {
    @Test(
        "Whole models, without the text encoder",
        arguments: [
            (clip50, [], 1024, "31.04", "248.83"), (clip101, [], 1024, "50.03", "326.62"),
            (fpn50, [], 1024, "31.04", "227.06"), (fpn101, [], 1024, "50.03", "304.855"),
            (fpn50, ["model.head.channels=128"], 1024, "28.51", "183.58"),
            (fpn50, ["model.backbone.stem=plain"], 1024, "31.02", "222.02"),
            (dense50, [], 1024, "50.248", "269.83"), (dense101, [], 1024, "67.795", "346.29"),
            (denseIN50, [], 1024, "48.80", "246.73"), (denseIN101, [], 1024, "67.80", "324.52"),
            (clip50, [], 512, "31.04", "62.21"), (dense50, [], 512, "50.248", "67.06"),
            (dense101, [], 512, "67.795", "86.14"),
            (clip50, [], 640, "31.04", "97.20"), (dense50, [], 640, "50.248", "104.71"),
            (dense101, [], 640, "67.795", "134.55"),
        ] as [(String, [String], Int, String, String)])
    func models(
        _ config: String, _ overrides: [String], _ size: Int, _ parameters: String, _ gflops: String
    ) throws {
        let found = try complexity(config, overrides, size: size)
        let millions = Double(found.parametersPerImage) / 1e6
        let giga = found.model.total.cost.perImage / 1e9
        #expect(agrees(millions, parameters), "\(millions) M, expected \(parameters)")
        #expect(agrees(giga, gflops), "\(giga) G, expected \(gflops)")
        #expect(found.model.total.cost.perImageAtOutputs == found.model.total.cost.perImage)
    }

    @Test(
        "Parts of models",
        arguments: [
            (clip50, "backbone", "23.53", "112.7"), (clip101, "backbone", "42.52", "190.5"),
            (fpn50, "backbone", nil, "90.9"),
            (fpn101, "backbone", nil, "168.7"), (fpn50, "neck", nil, "59.4"),
            (fpn50, "decode_head", "4.17", "76.1"),
            (dense50, "backbone.attnpool", "15.21", "19.36"),
            (dense101, "backbone.attnpool", "14.16", "18.28"),
            (dense50, "context_decoder", "3.95", "1.44"),
            (dense101, "context_decoder", "3.55", "1.27"),
            (dense50, "neck", "3.38", "59.45"), (dense50, "(prompter)", "0", "0.157"),
            (denseIN50, "attnpool", "14.16", "18.28"),
            (denseIN50, "context_decoder", "3.55", "1.27"),
            (dense50, "(resize to the image)", "0", "0.63"),
        ] as [(String, String, String?, String)])
    func parts(_ config: String, _ path: String, _ parameters: String?, _ gflops: String) throws {
        let part = try #require(complexity(config).model[path], "there is no \(path)").total
        #expect(
            agrees(part.cost.perImage / 1e9, gflops),
            "\(part.cost.perImage / 1e9) G, expected \(gflops)")
        if let parameters {
            #expect(
                agrees(Double(part.parameters) / 1e6, parameters),
                "\(part.parameters), expected \(parameters) M")
        }
        #expect(part.cost.once == 0)
    }

    /// Published for the head are its layers alone; the whole has the resizes of three levels to
    /// the size that they have by then.
    @Test(
        "Semantic FPN's head without the last resizes of its levels",
        arguments: [(256, "75.90"), (128, "32.5")])
    func head(_ channels: Int, _ gflops: String) throws {
        let head = try #require(
            complexity(fpn50, ["model.head.channels=\(channels)"]).model["decode_head"]
        ).total
        let resizes = Double(3 * 4 * channels * 256 * 256)
        #expect(agrees((head.cost.perImage - resizes) / 1e9, gflops))
    }

    @Test(
        "The text encoder runs once for a model: 150 prompts of 13 tokens by themselves, less as it is run",
        arguments: [
            (dense50, "63.66", "74.12", "113.91"), (dense101, "63.40", "74.09", "131.19"),
            (denseIN50, "63.40", "74.09", nil),
        ]
            as [(String, String, String, String?)])
    func textEncoder(_ config: String, _ parameters: String, _ gflops: String, _ whole: String?)
        throws
    {
        let found = try complexity(config)
        let text = try #require(found.model["text_encoder"])
        #expect(text.runsOnce && found.model.onceParts.map(\.path) == ["text_encoder"])
        #expect(
            agrees(Double(text.total.parameters) / 1e6, parameters)
                && agrees(text.total.cost.once / 1e9, gflops))
        if let whole { #expect(agrees(Double(found.model.total.parameters) / 1e6, whole)) }
        #expect(
            found.asRun.once < 0.35 * text.total.cost.once
                && found.asRun.once > 0.1 * text.total.cost.once)
        #expect(found.asRun.perImage == found.model.total.cost.perImage)
    }

    @Test("A model with memory counts as one of shapes alone")
    func computed() throws {
        let tiny = [
            "model.backbone.width=8", "model.backbone.output_dim=32",
            "model.prompter.tokenizer=bytes", "model.neck.channels=16",
        ]
        let settings = tiny + ["model.prompter.text_encoder={width: 32, heads: 2, layers: 2}"]
        let configuration = try ShippedExperiment.named(dense50)
        let found = try [Device.meta, .cpu].map { device in
            let experiment = try configuration.experiment(overrides: settings, device: device)
            return try Complexity(
                of: experiment.model(ClassList(names: ["road", "sky"])), size: Size2D(64, 96))
        }
        #expect(
            found[0].model.total.cost == found[1].model.total.cost
                && found[0].asRun == found[1].asRun)
        #expect(
            found[0].parametersPerImage == found[1].parametersPerImage
                && found[0].model.total.cost.perImage > 1e6)
    }
}
