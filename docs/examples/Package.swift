// swift-tools-version: 6.2
import PackageDescription

/// DenseKit by URL and version: put the address of your DenseKit repository here, or into
/// `DENSEKIT_URL`.
let url = Context.environment["DENSEKIT_URL"] ?? "https://example.org/densekit.git"

let densekit = Target.Dependency.product(name: "DenseKit", package: "densekit")
let commands = Target.Dependency.product(name: "DenseKitCommandLine", package: "densekit")

let package = Package(
    name: "street",
    dependencies: [.package(url: url, from: "0.1.0")],
    targets: [
        // A backbone, a head, a loss and a hook.
        .target(name: "StreetKit", dependencies: [densekit]),
        // Trains a configuration.
        .executableTarget(name: "street-train", dependencies: ["StreetKit", densekit]),
        // Predicts a folder of images.
        .executableTarget(name: "street-predict", dependencies: ["StreetKit", densekit]),
        // DenseKit's command line with the components above.
        .executableTarget(name: "street", dependencies: ["StreetKit", densekit, commands]),
    ]
)
