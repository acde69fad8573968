import DenseKitCheckpoints
import DenseKitNN
import Testing

/// Two layers: `first.weight [2, 3]`, `first.bias [2]`, `second.weight [4, 2]`, `second.bias [4]`.
private final class TwoLayers: Module {
    let first: Linear
    let second: Linear

    override init() {
        do {
            first = try Linear(3, 2)
            second = try Linear(2, 4)
        } catch {
            fatalError("\(error)")
        }
    }

    /// Its tensors with every element at `value`.
    func tensors(_ value: Double) throws -> [String: Tensor] {
        try Dictionary(
            uniqueKeysWithValues: namedTensors().map {
                ($0.name, try Tensor.full($0.tensor.shape, value))
            })
    }

    /// Which of its tensors have `value` everywhere.
    func names(with value: Float) throws -> Set<String> {
        try Set(
            namedTensors().filter { try $0.tensor.detached().floats().allSatisfy { $0 == value } }
                .map(\.name))
    }
}

@Test("Loading copies every tensor")
func complete() throws {
    let model = TwoLayers()
    let report = try model.load(model.tensors(7))
    #expect(report.isComplete && report.matched.count == 4)
    #expect(try model.names(with: 7).count == 4)
}

@Test(
    "A file with a part of the model is refused, unless a part is asked for; the rest keeps its values"
)
func part() throws {
    let model = TwoLayers()
    try model.load(model.tensors(1))
    let part = try model.tensors(7).filter { $0.key.hasPrefix("first") }
    #expect(throws: LoadError.self) { try model.load(part) }
    #expect(try model.names(with: 1).count == 4)

    let keys = Dictionary(uniqueKeysWithValues: part.keys.map { ($0, $0) })
    func load(_ request: LoadRequest) throws -> LoadReport {
        try model.load(part, keys: keys, request, source: "W") { _, _, _ in nil }
    }
    let error = try #require(throws: LoadError.self) { try load(LoadRequest(atLeast: 0.9)) }
    #expect(error.description.hasSuffix("say `weights: {file: …, at_least: 0.5}`"))
    let report = try load(LoadRequest(scope: ["first"], atLeast: 0.9))
    #expect(report.missing == ["second.weight", "second.bias"] && report.share == 1)
    #expect(try model.names(with: 7) == ["first.weight", "first.bias"])
    #expect(try model.names(with: 1) == ["second.weight", "second.bias"])
}

@Test("What does not fit is named, and nothing is copied")
func mistakes() throws {
    let model = TwoLayers()
    try model.load(model.tensors(1))
    var other = try model.tensors(7)
    other["first.bias"] = try Tensor.full([5], 7)
    var more = try model.tensors(7)
    more["third"] = try Tensor.full([1], 7)
    let end =
        "\nThese are the weights of another model, or of another class list: use the config they were trained with"
    let none =
        "\nNo tensor of the file has a place in this model: these are the weights of another one, or under names that are not known here; "
        + "docs/weights.md lists those that are"
    let shapes =
        "\nTensors of other shapes belong to another class list or another size: use the config they were trained with, or initialize them again "
        + "with `weights: {file: …, reinitialize: [first]}`"
    let table: [([String: Tensor], String)] = [
        (
            other,
            "W: does not fit the model: model tensors: filled 3, not filled 0, other shape 1; file tensors: used 3, not needed 0, without place 0\n  other shape: first.bias (model [2], file [5])"
                + shapes
        ),
        (
            more,
            "W: does not fit the model: model tensors: filled 4, not filled 0, other shape 0; file tensors: used 4, not needed 0, without place 1\n  without place in the model: third"
                + end
        ),
        (
            [:],
            "W: does not fit the model: model tensors: filled 0, not filled 4, other shape 0; file tensors: used 0, not needed 0, without place 0\n"
                + "  not filled: first.weight, first.bias, second.weight, second.bias" + none
        ),
    ]
    for (tensors, message) in table {
        let error = try #require(throws: LoadError.self) { try model.load(tensors, source: "W") }
        #expect(error.description == message)
    }
    #expect(try model.names(with: 1).count == 4)
}
