import DenseKitConfiguration
import Foundation
import Testing

struct FPNSettings: YAMLConfiguration, Equatable {
    var channels = 256
    var numOuts: Int? = 4
    var loss = ComponentNode(type: "CrossEntropy")
}

struct Model: YAMLConfiguration, Equatable {
    var backbone = ComponentNode(type: "ResNet")
    var neck: ComponentNode? = ComponentNode("FPN", FPNSettings(channels: 64, numOuts: nil))
    var heads: [ComponentNode] = []
}

struct ExperimentConfiguration: YAMLConfiguration, Equatable {
    var model = Model()
    var root: LocatedValue<String> = "data"
    var plugins: [LocatedValue<String>] = []
    var seed: LocatedValue<Int>?
}

/// Components before their types are known, and values that know where they are from.
@Suite struct ComponentTests {
    private func model(_ yaml: String) throws -> Model {
        try parse(yaml).decode(ExperimentConfiguration.self).model
    }

    @Test func settingsAreTheOtherKeys() throws {
        let model = try model(
            "model:\n  backbone: SwinT\n  neck: {channels: 3, type: BiFPN}\n  heads: [A, {type: B, channels: 1}]"
        )
        #expect(model.backbone == ComponentNode(type: "SwinT"))
        #expect(model.backbone.location.description == "a.yaml:2:13")
        let neck = try #require(model.neck)
        #expect(
            neck.type == "BiFPN" && neck.path == "model.neck"
                && neck.location.description == "a.yaml:3:29")
        #expect(try neck.settings(FPNSettings.self) == FPNSettings(channels: 3))
        #expect(try model.heads.map { try $0.settings(FPNSettings.self).channels } == [256, 1])
        #expect(model.heads.map(\.path) == ["model.heads.0", "model.heads.1"])
    }

    @Test func defaultComponents() throws {
        let written = FPNSettings(channels: 64, numOuts: nil)
        #expect(try model("{}").neck?.settings() == written)
        #expect(
            try model("model: {neck: {channels: 3}}").neck?.settings()
                == FPNSettings(channels: 3, numOuts: nil))
        #expect(
            try model("model: {neck: {type: FPN, channels: 3}}").neck?.settings()
                == FPNSettings(channels: 3, numOuts: nil))
        #expect(try model("model: {neck: FPN}").neck?.settings() == written)
        #expect(try model("model: {neck: {type: BiFPN}}").neck?.settings() == FPNSettings())
        #expect(try model("model: {neck: BiFPN}").neck?.node == parse("{type: BiFPN}"))
        #expect(try model("model: {neck: null}").neck == nil)
        let inner = try model("model: {neck: {loss: Focal}}").neck?.settings(FPNSettings.self).loss
        #expect(inner?.type == "Focal" && inner?.path == "model.neck.loss")
    }

    @Test func resolvedSettings() throws {
        let neck = try #require(try model("model: {neck: {type: BiFPN, channels: 3}}").neck)
        let node = try neck.resolved(FPNSettings.self)
        #expect(
            try node == parse("{type: BiFPN, channels: 3, num_outs: 4, loss: {type: CrossEntropy}}")
        )
        #expect(node.mapping?.keys.first == "type")
        #expect(node["type"]?.location.description == "a.yaml:1:22")
        #expect(node["channels"]?.location.description == "a.yaml:1:39")
        #expect(node["num_outs"]?.location == .default)
    }

    @Test(arguments: [
        (
            "no blank", "{type:FPN, channels: 3}",
            "1:20: model.backbone: the component's type is missing; write a space after the colon: {type: FPN}"
        ),
        (
            "no type", "{channels: 3}",
            "1:20: model.backbone: the component's type is missing; write {type: NAME, …}"
        ),
        (
            "list", "[A]",
            "1:20: model.backbone: expected a component, found a list; write {type: NAME, …}"
        ),
        (
            "number", "3",
            "1:20: model.backbone: expected a component, found the number 3; write {type: NAME, …}"
        ),
        (
            "null", "null",
            "1:20: model.backbone: expected a component, found null; write {type: NAME, …}"
        ),
        (
            "empty", "''",
            "1:20: model.backbone.type: expected the name of a component, found the string ''; write {type: NAME, …}"
        ),
        (
            "type is a list", "{type: [A]}",
            "1:27: model.backbone.type: expected the name of a component, found a list; write {type: NAME, …}"
        ),
    ])
    func messages(id: String, yaml: String, expected: String) throws {
        struct Bare: Decodable { var backbone: ComponentNode }
        struct Root: Decodable { var model: Bare }
        let text = message("\(id)") {
            _ = try parse("model: {backbone:  \(yaml)}").decode(Root.self)
        }
        #expect(text == "a.yaml:\(expected)")
    }

    @Test func messagesOfSettings() throws {
        let neck = try #require(try model("model:\n  neck: {type: BiFPN, chanels: 3}").neck)
        #expect(
            message("unknown") { _ = try neck.settings(FPNSettings.self) }
                == "a.yaml:2:23: unknown key 'chanels' of BiFPN; did you mean 'channels'? (keys: channels, num_outs, loss)"
        )
        let other = try #require(try model("model:\n  neck: {type: BiFPN, channels: many}").neck)
        #expect(
            message("type") { _ = try other.settings(FPNSettings.self) }
                == "a.yaml:2:33: model.neck.channels: expected an integer, found the string 'many'")
        let far = try #require(try model("model: {neck: {type: Relu, slope: 1}}").neck)
        #expect(
            message("none") { _ = try far.settings(Empty.self) }
                == "a.yaml:1:28: unknown key 'slope' of Relu; it has no settings"
        )
    }

    @Test func locatedPathsAreRelativeToTheirFile() throws {
        let folder = try Folder([
            "base/data.yaml": "root: ../data/ade\nplugins: [mine.swift, /abs/x.swift]",
            "seg/a.yaml": "_base_: ../base/data.yaml\nseed: 3",
        ])
        let configuration = try folder.load("seg/a.yaml").decode(ExperimentConfiguration.self)
        #expect(
            configuration.root.value == "../data/ade"
                && configuration.root.resolved == "\(folder.path)/data/ade")
        #expect(
            configuration.plugins.map(\.resolved) == [
                "\(folder.path)/base/mine.swift", "/abs/x.swift",
            ])
        #expect(
            configuration.seed == LocatedValue(3)
                && configuration.seed?.location.description == "\(folder.path)/seg/a.yaml:2:7")
        #expect(
            try folder.load("seg/a.yaml", overrides: ["root=d"]).decode(
                ExperimentConfiguration.self
            ).root.resolved == "d")
        #expect(ExperimentConfiguration().root.resolved == "data")
        let wrong = message("seed") {
            _ = try parse("seed: x").decode(ExperimentConfiguration.self)
        }
        #expect(wrong == "a.yaml:1:7: seed: expected an integer, found the string 'x'")
    }

    @Test func othersCanWriteButNotReadComponents() throws {
        let json = JSONEncoder()
        json.outputFormatting = [.sortedKeys]
        let component = try #require(
            try model("model: {neck: {type: A, x: [1, 1.5, yes, true, null, '7']}}").neck)
        #expect(
            try String(decoding: json.encode(component), as: UTF8.self)
                == #"{"type":"A","x":[1,1.5,"yes",true,null,"7"]}"#)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(ComponentNode.self, from: Data(#"{"type":"A"}"#.utf8))
        }
    }
}
