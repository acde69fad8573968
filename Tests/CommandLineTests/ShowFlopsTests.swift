import DenseKitVerification
import Foundation
import Testing

@testable import DenseKitCommandLine

@Suite struct ShowFlopsTests {
    private let config = "configs/denseclip/denseclip_fpn_r50_ade20k_80k_512x512.yaml"

    @Test(
        "A tree of parts with parameters, multiply-adds and shares, to the depth that is asked for")
    func tree() throws {
        let result = try runDensekit(
            ["show", config, "--classes", "150", "--flops", "--depth", "2"], in: packageFolder)
        #expect(result.status == 0, "\(result.errors)")
        let output = String(result.output.split(separator: "\npart ").last ?? "")
        #expect(output.contains(/\nbackbone +38,7\d\d,\d{3} +132\.\d\d G +4[89]\.\d %\n/))
        #expect(output.contains(/\n  attnpool +15,2\d\d,\d{3} +19\.36 G +7\.2 %\n/))
        #expect(output.contains(/\ntext_encoder +63,6\d\d,\d{3} +74\.12 G +once\n/))
        #expect(output.contains(/\nmodel +113,9\d\d,\d{3} +269\.83 G +100\.0 %\n/))
        #expect(
            output.contains("for an image of 1024×1024, 150 classes: 269.83 G multiply-adds, 50,2"))
        #expect(
            output.contains(
                "once for a model, not in these sums: text_encoder, 74.12 G multiply-adds, 63,6"))
        #expect(output.contains("of which densekit needs about "))
        #expect(!output.contains("scale_heads.0") && !output.contains("\n    "))
        let flat = try runDensekit(
            ["show", config, "--classes", "150", "--flops", "--depth", "1", "--size", "512x1024"],
            in: packageFolder)
        #expect(
            !flat.output.contains("\n  attnpool")
                && flat.output.contains("for an image of 512×1024"))
    }

    @Test("A backbone in a file of one's own is counted as any other")
    func plugin() throws {
        let result = try runDensekit(
            ["show", "docs/tutorial/tiny_net.yaml", "--classes", "8", "--flops", "--size", "64"],
            in: packageFolder)
        #expect(result.status == 0, "\(result.errors)")
        // 32 · 3 · 9 at 32×32 positions, and 2 for each of the norm's elements
        #expect(result.output.contains(/\n  stem +928 +0\.95 M +\d/), "\(result.output)")
    }

    @Test("As JSON, with memory or without")
    func json() throws {
        let tiny = [
            "show", "configs/semantic_fpn/fpn_r50_ade20k_80k_512x512.yaml", "--classes", "5",
            "--flops", "--json", "--size", "64",
            "--set", "model.backbone.depth=18", "--set", "model.neck.channels=16", "--set",
            "model.head.channels=16",
        ]
        let found = try [[], ["--computed"]].map { option in
            let result = try runDensekit(tiny + option, in: packageFolder)
            #expect(result.status == 0, "\(result.errors)")
            return try readJSON(Data(result.output.utf8))
        }
        for key in ["multiply_adds", "parameters"] {
            let count = try #require(found[0][key]?.number)
            #expect(found[1][key]?.number == count)
        }
        let parts = try #require(found[0]["parts"]?.array)
        let top = parts.filter { $0.text("path")?.contains(".") == false }
        #expect(
            top.map { $0.text("path") } == [
                "backbone", "neck", "decode_head", "(resize to the image)",
            ])
        #expect(
            top.reduce(0) { $0 + ($1["multiply_adds"]?.number ?? .nan) }
                == found[0]["multiply_adds"]?.number)
        #expect(parts.contains { $0.text("path") == "backbone.layer1.0.conv1" })
    }

    @Test(
        "Mistakes on the command line",
        arguments: [
            (["--json"], "--json needs --flops"),
            (["--size", "0"], "The value '0' is invalid for '--size <size>'"),
            (["--size", "70000"], "--size must be 1…65536 on each side, found 70000×70000"),
            (["--classes", "0"], "--classes must be 1…65535, found 0"),
        ] as [([String], String)])
    func mistakes(_ arguments: [String], _ message: String) throws {
        let result = try runDensekit(["show", config] + arguments, in: packageFolder)
        #expect(
            result.status == 64 && result.errors.hasPrefix("Error: " + message), "\(result.errors)")
    }
}
