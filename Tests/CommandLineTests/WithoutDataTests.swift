import Foundation
import Testing

@Test("show, with and without its counts, and components need no data")
func withoutData() throws {
    try withTemporaryFolder { folder in
        let config = packageFolder.appending(
            path: "configs/denseclip/denseclip_fpn_r50_ade20k_80k_512x512.yaml"
        ).path
        let data = ["DENSEKIT_DATA": folder.appending(path: "none").path]
        func run(_ arguments: String...) throws -> ProcessResult {
            try runDensekit(arguments, in: folder, environment: data)
        }
        let show = try run("show", config)
        #expect(show.status == 0 && show.output.hasSuffix(", 150 classes\n"), "\(show.errors)")
        let flops = try run("show", config, "--flops")
        #expect(flops.status == 0 && flops.output.contains(", 150 classes: "), "\(flops.errors)")
        let components = try run("components", "FPN", "--config", config)
        #expect(
            components.status == 0 && components.output.contains("FPN  (plugin FPN)"),
            "\(components.errors)")
        let sweep = packageFolder.appending(path: "configs/denseclip/denseclip_ablations.yaml").path
        let name = "denseclip_fpn_r50_ade20k_80k_512x512_gamma1"
        let ofRun = try run("components", "FPN", "--config", sweep, "--run", name)
        #expect(ofRun.status == 0 && ofRun.output == components.output, "\(ofRun.errors)")
    }
}

@Test(
    "--run without the sweep that it names is a mistake",
    arguments: [["components"], ["convert", "a", "b.safetensors"]])
func runNeedsConfig(command: [String]) throws {
    let result = try runDensekit(command + ["--run", "a"], in: packageFolder)
    #expect(
        result.status == 64
            && result.errors.hasPrefix(
                "Error: --run needs --config: it names a run of that sweep\n")
    )
}
