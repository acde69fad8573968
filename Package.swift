// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// libtorch: Debian's `libtorch-dev` unless `LIBTORCH=/path/to/torch` names another. The only place that knows it.
struct Engine {
    let root = Context.environment["LIBTORCH"].flatMap { $0.isEmpty ? nil : $0 }

    init() {
        guard let root, !FileManager.default.fileExists(atPath: root + "/include/ATen/ATen.h")
        else { return }
        fatalError(
            "LIBTORCH=\(root) has no include/ATen/ATen.h: point it at the folder that holds include/ and lib/, or unset it"
        )
    }

    /// Whether `LIBTORCH` names a build with CUDA.
    var hasCUDA: Bool {
        root.map { FileManager.default.fileExists(atPath: $0 + "/lib/libtorch_cuda.so") } ?? false
    }

    /// What compiles NCCL's process group in: the folders of NVIDIA's headers that it includes,
    /// among the wheels beside PyPI's `torch`, and `DENSEKIT_NCCL`. Nothing where one is missing.
    private var nccl: [CXXSetting] {
        guard let root, hasCUDA else { return [] }
        let packages = URL(filePath: root).resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "nvidia").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: packages)) ?? []
        let folders = names.sorted().map { "\(packages)/\($0)/include" }
        let headers = [
            "nccl.h", "cuda_runtime_api.h", "crt/host_defines.h", "nv/target", "cublas_v2.h",
            "cusparse.h", "cusolverDn.h",
        ]
        let found = headers.map { header in
            folders.first { FileManager.default.fileExists(atPath: "\($0)/\(header)") }
        }
        guard found.allSatisfy({ $0 != nil }) else { return [] }
        let include = Set(found.compactMap { $0 }).sorted()
        return [
            .define("DENSEKIT_NCCL"), .unsafeFlags(include.flatMap { ["-isystem", $0] }),
        ]
    }

    /// `NDEBUG` always: libtorch's headers change with it, and the library was built with it.
    var cxx: [CXXSetting] {
        let include = root.map { $0 + "/include" } ?? "/usr/include"
        let api = include + "/torch/csrc/api/include"
        let folders = root == nil ? [] : ["-isystem", include, "-isystem", api]
        // Debian's package lacks a header that c10d's Reducer names.
        let context = include + "/torch/csrc/distributed/autograd/context/context.h"
        let missing: [CXXSetting] =
            FileManager.default.fileExists(atPath: context) ? [] : [.headerSearchPath("missing")]
        return [.define("NDEBUG"), .unsafeFlags(folders)] + missing + nccl + strictCXX
    }

    var link: [LinkerSetting] {
        guard let root else { return ["torch", "torch_cpu", "c10"].map { .linkedLibrary($0) } }
        // By path, not by name: another package's search path may lead to the system's libtorch first.
        func library(_ name: String) -> [String] { ["-Xlinker", root + "/lib/lib\(name).so"] }
        var flags =
            ["-Xlinker", "-rpath", "-Xlinker", root + "/lib"]
            + ["torch", "torch_cpu", "c10"].flatMap(library)
        if hasCUDA {
            // Nothing need refer to the CUDA library by symbol: it registers itself when loaded.
            flags +=
                ["-Xlinker", "--no-as-needed"] + ["torch_cuda", "c10_cuda"].flatMap(library) + [
                    "-Xlinker", "--as-needed",
                ]
        }
        return [.unsafeFlags(flags)]
    }

    /// Debian's engine computes on OpenBLAS; others bring their own BLAS.
    var blas: [Target.Dependency] { root == nil ? ["COpenBLAS"] : [] }
}

/// `DENSEKIT_STRICT=1` (set by CI) turns warnings into errors; a user's newer compiler may warn in peace.
let strict = Context.environment["DENSEKIT_STRICT"] == "1"
let strictSwift: [SwiftSetting] = strict ? [.treatAllWarnings(as: .error)] : []
let strictCXX: [CXXSetting] = strict ? [.treatAllWarnings(as: .error)] : []
let engine = Engine()

/// A file plugin resolves the core's symbols in the process that loads it: every executable that links the loader exports its own.
let exported: [LinkerSetting] = [.unsafeFlags(["-Xlinker", "--export-dynamic"])]

/// - Parameter hot: loops over pixels or elements, optimised in debug builds too, so that tests stay quick.
func core(
    _ name: String, _ dependencies: [Target.Dependency] = [], hot: Bool = false,
    linker: [LinkerSetting] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(name)",
        swiftSettings: strictSwift
            + (hot ? [.unsafeFlags(["-O"], .when(configuration: .debug))] : []),
        linkerSettings: linker)
}
func plugin(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: name, dependencies: ["Core"] + dependencies, path: "Plugins/\(name)",
        swiftSettings: strictSwift)
}
func test(_ name: String, _ dependencies: [Target.Dependency], linkerSettings: [LinkerSetting] = [])
    -> Target
{
    .testTarget(
        name: name + "Tests", dependencies: dependencies, path: "Tests/\(name)Tests",
        swiftSettings: strictSwift,
        linkerSettings: linkerSettings)
}

let families = [
    "ResNet", "ViT", "Swin", "CLIP", "FPN", "SemanticFPN", "UPerNet", "FCN", "RetinaNet",
    "MaskRCNN", "LanguageGuidance",
    "DenseCLIP", "ICPC", "CLIPSP", "Datasets", "Standard",
]

let package = Package(
    name: "densekit",
    products: [
        .executable(name: "densekit", targets: ["densekit"]),
        // The core and the built-in components: what programs import.
        .library(name: "DenseKit", targets: ["DenseKit"]),
        // The commands, for an executable with plugins and commands of its own.
        .library(
            name: "DenseKitCommandLine",
            targets: ["DenseKitCommandLine", "DenseKitBuiltInVerification"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .target(
            name: "CTorch", path: "Sources/CTorch", cxxSettings: engine.cxx,
            linkerSettings: engine.link),
        .systemLibrary(
            name: "CYAML", path: "Sources/CYAML", pkgConfig: "yaml-0.1",
            providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(
            name: "CTurboJPEG", path: "Sources/CTurboJPEG", pkgConfig: "libturbojpeg",
            providers: [.apt(["libturbojpeg0-dev"])]),
        .systemLibrary(
            name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "COpenBLAS", path: "Sources/COpenBLAS", pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev"])]),
        .target(name: "CLaunch", path: "Sources/CLaunch"),
        .target(name: "CPNG", path: "Sources/CPNG", linkerSettings: [.linkedLibrary("png")]),
        .target(
            name: "CSimdjson", path: "Sources/CSimdjson", cxxSettings: strictCXX,
            linkerSettings: [.linkedLibrary("simdjson")]),

        core("Errors"),
        core("Foundations"),
        core("Geometry"),
        core("Torch", ["Errors", "Geometry", "CTorch"] + engine.blas),
        core("Distributed", ["Errors", "Foundations", "Torch", "CLaunch"]),
        core("NN", ["Torch", "Foundations"]),
        core("Vision", ["Errors", "Geometry"], hot: true),
        core("Configuration", ["Errors", "Foundations", "Geometry", "CYAML"]),
        core("Checkpoints", ["NN", "CZlib"]),
        core("Components", ["NN", "Configuration", "Vision", "Checkpoints"]),
        core("FilePlugins", ["Components", "Checkpoints"], linker: exported),
        core("Detection", ["Components"]),
        core("Data", ["Components", "Checkpoints", "Vision", "CTurboJPEG", "CPNG", "CSimdjson"]),
        core("Evaluation", ["Components", "Checkpoints", "Data", "Vision", "Distributed"]),
        core("Experiments", ["Components", "FilePlugins", "Checkpoints", "Data", "Evaluation"]),
        core(
            "Training",
            ["Distributed", "Experiments", .product(name: "Logging", package: "swift-log")]),
        core("Core", ["Detection", "Training"]),
        core("DenseKit", ["Core", "BuiltIn"]),
        core("Verification", ["Core"], hot: true),
        core(
            "CommandLine",
            [
                "Core", "Verification",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "densekit", dependencies: ["CommandLine", "DenseKit", "BuiltInVerification"],
            path: "Sources/densekit",
            swiftSettings: strictSwift),

        plugin("ResNet"),
        plugin("ViT"),
        // Core-free: a tokenizer is tested without the engine.
        .target(
            name: "Tokenizer", dependencies: ["Errors", "CZlib", "Foundations"],
            path: "Plugins/Tokenizer",
            swiftSettings: strictSwift),
        plugin("CLIP", ["Tokenizer"]),
        plugin("Swin"),
        plugin("FPN"),
        plugin("SemanticFPN"),
        plugin("UPerNet"),
        plugin("FCN"),
        plugin("RetinaNet"),
        plugin("MaskRCNN"),
        plugin("LanguageGuidance", ["CLIP", "Tokenizer"]),
        plugin("DenseCLIP", ["CLIP", "LanguageGuidance"]),
        plugin("ICPC", ["CLIP", "LanguageGuidance"]),
        plugin("CLIPSP", ["CLIP", "LanguageGuidance"]),
        plugin("Datasets"),
        plugin("Standard"),
        // What methods bring for `densekit verify`; the library carries nothing of it.
        plugin("ICPCVerification", ["Verification"]),
        plugin("CLIPSPVerification", ["Verification"]),
        plugin("BuiltInVerification", ["Verification", "ICPCVerification", "CLIPSPVerification"]),
        plugin("BuiltIn", families.map { .init(stringLiteral: $0) }),

        // Damages files in the same way every time, for the tests of whoever reads files.
        .target(name: "Fuzzing", path: "Tests/Fuzzing", swiftSettings: strictSwift),
        // Names and shapes of other projects' weights, for the tests of whoever reads them.
        .target(
            name: "PublishedWeights", dependencies: ["NN"], path: "Tests/PublishedWeights",
            swiftSettings: strictSwift),
        // A head that hands on what it is given, for the tests of prompters.
        .target(
            name: "SmallModels", dependencies: ["Core"], path: "Tests/SmallModels",
            swiftSettings: strictSwift),
        // A second device without a GPU, at libtorch's key for backends from outside; no product
        // depends on it.
        .target(
            name: "CTestDevice", path: "Tests/CTestDevice", cxxSettings: engine.cxx,
            linkerSettings: engine.link),
        .target(
            name: "TestDevice", dependencies: ["Torch", "CTestDevice"], path: "Tests/TestDevice",
            swiftSettings: strictSwift),
        // A folder for the time of a test.
        .target(
            name: "TemporaryFolders", path: "Tests/TemporaryFolders", swiftSettings: strictSwift),
        // Threads in the place of processes, with real collectives between them.
        .target(
            name: "SeveralProcesses", dependencies: ["Distributed"], path: "Tests/SeveralProcesses",
            swiftSettings: strictSwift),
        // One process of several, for the tests of what happens when it ends or hangs.
        .executableTarget(
            name: "WatchedProcess", dependencies: ["Distributed"], path: "Tests/WatchedProcess",
            swiftSettings: strictSwift),
        test("Errors", ["Errors"]),
        test("Tokenizer", ["Tokenizer", "CZlib", "Fuzzing", "TemporaryFolders"]),
        test("Foundations", ["Foundations", "Configuration"]),
        test("FilePlugins", ["FilePlugins", "TemporaryFolders"]),
        test(
            "Evaluation",
            [
                "Evaluation", "Data", "Vision", "Fuzzing", "SeveralProcesses", "TemporaryFolders",
            ]),
        test("Configuration", ["Configuration", "Fuzzing", "TemporaryFolders"]),
        test("Checkpoints", ["Checkpoints", "CZlib", "Fuzzing", "TemporaryFolders"]),
        test(
            "Training",
            ["Training", "Checkpoints", "BuiltIn", "SeveralProcesses", "TemporaryFolders"]),
        test("CommandLine", ["CommandLine", "BuiltIn", "TemporaryFolders"]),
        test("Structure", []),
        test("Vision", ["Vision", "Foundations", "Fuzzing"]),
        test("Data", ["Data", "Vision", "CZlib", "Fuzzing", "TemporaryFolders"]),
        test("Datasets", ["Datasets", "Configuration", "Data", "Vision", "TemporaryFolders"]),
        test("Standard", ["Standard", "Configuration", "Data", "Vision"]),
        test("Torch", ["Torch"]),
        test("NN", ["NN"]),
        test("Distributed", ["Distributed", "NN", "SeveralProcesses", "TemporaryFolders"]),
        test("Components", ["Components", "TemporaryFolders"]),
        test("Detection", ["Detection", "Vision"]),
        test(
            "Verification", ["Verification", "BuiltIn", "BuiltInVerification", "TemporaryFolders"]),
        test(
            "Device",
            [
                "TestDevice", "CTorch", "BuiltIn", "BuiltInVerification", "Verification",
                "TemporaryFolders",
            ]),
        test("BuiltIn", ["BuiltIn", "CommandLine", "PublishedWeights", "TemporaryFolders"]),
        test("ResNet", ["ResNet", "PublishedWeights", "SmallModels"]),
        test("ViT", ["ViT", "PublishedWeights", "SmallModels"]),
        test("Swin", ["Swin", "PublishedWeights", "SmallModels"]),
        test("FPN", ["FPN"]),
        test("SemanticFPN", ["SemanticFPN", "SmallModels", "Standard"]),
        test("UPerNet", ["UPerNet", "SmallModels", "Standard"]),
        test("FCN", ["FCN", "SmallModels", "Standard"]),
        test("RetinaNet", ["RetinaNet", "Standard"]),
        test("MaskRCNN", ["MaskRCNN", "FPN", "Standard"]),
        test("CLIP", ["CLIP", "PublishedWeights", "SmallModels"]),
        test("LanguageGuidance", ["LanguageGuidance"]),
        test("DenseCLIP", ["DenseCLIP", "ResNet", "SmallModels", "Standard"]),
        test("ICPC", ["ICPC", "ResNet", "SmallModels", "Standard"]),
        test("CLIPSP", ["CLIPSP", "ResNet", "SmallModels", "Standard", "TemporaryFolders"]),
    ],
    cxxLanguageStandard: .cxx17
)

/// Target names are one namespace for all packages of a program, and C modules cannot be renamed there: ours carry a prefix. Above and in
/// the folders they stand without it: `Sources/Data` is the module `DenseKitData`, `Sources/CZlib` is `CDenseKitZlib`.
func addPrefix(to targets: [Target]) {
    func prefixed(_ name: String) -> String {
        guard let path = targets.first(where: { $0.name == name })?.path, name != "DenseKit",
            name != "densekit"
        else {
            return name
        }
        if path.hasPrefix("Tests/") { return name }
        let isC = path.hasPrefix("Sources/C") && name.dropFirst().first!.isUppercase
        return isC ? "CDenseKit" + name.dropFirst() : "DenseKit" + name
    }
    let names = targets.map { prefixed($0.name) }
    for target in targets {
        target.dependencies = target.dependencies.map {
            if case .byNameItem(let name, let condition) = $0 {
                .byNameItem(name: prefixed(name), condition: condition)
            } else {
                $0
            }
        }
    }
    for (target, name) in zip(targets, names) { target.name = name }
}

/// Gives every target what its dependencies depend on: a class that changes its size must rebuild all who see it, through re-exports too,
/// and a build looks at direct dependencies only.
func closeDependencies(of targets: [Target]) {
    let byName = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0) })
    func direct(_ target: Target) -> [String] {
        target.dependencies.compactMap {
            switch $0 {
            case .targetItem(let name, _), .byNameItem(let name, _): byName[name]?.name
            default: nil
            }
        }
    }
    func reached(_ target: Target) -> Set<String> {
        direct(target).compactMap { byName[$0] }.reduce(into: []) {
            $0.formUnion(reached($1).union([$1.name]))
        }
    }
    let missing = targets.map { reached($0).subtracting(direct($0)).sorted() }
    for (target, names) in zip(targets, missing) {
        target.dependencies += names.map { .target(name: $0) }
    }
}
addPrefix(to: package.targets)
closeDependencies(of: package.targets)
