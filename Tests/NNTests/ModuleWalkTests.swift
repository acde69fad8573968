import DenseKitNN
import Testing

private final class Leaf: Module {
    @Parameter var weight: Tensor
    @Parameter var bias: Tensor?
    @ModuleBuffer var runningMean: Tensor
    @CachedValue var mask: Tensor?
    let name = "leaf", sizes = [1, 2], table = ["a": 1.0], pair = (1, "b"), range = 0..<3

    init(bias: Bool = false) throws {
        weight = try Tensor.ones([2])
        self.bias = bias ? try Tensor.zeros([2]) : nil
        runningMean = try Tensor.zeros([2])
        mask = try Tensor.ones([2])
    }
}

private class Base: Module {
    let first: Leaf
    @Parameter var scale: Tensor

    override init() {
        do {
            first = try Leaf()
            scale = try Tensor.ones([1])
        } catch { preconditionFailure("\(error)") }
    }
}

private final class Derived: Base {
    let last = try? Leaf(bias: true)
    let absent: Leaf? = nil
    let convSeg: [Linear]
    let lnFinal2d: (any UnaryLayer)?
    let grid: [[Leaf?]]

    override var keys: [String: String] { ["last": "ln_1", "grid": ""] }

    override init() {
        do {
            convSeg = try [Linear(1, 1), Linear(1, 1, bias: false)]
            lnFinal2d = try LayerNorm(1)
            grid = [[], [nil, try Leaf()]]
        } catch { preconditionFailure("\(error)") }
    }
}

private final class BareTensor: Module {
    let weight: Tensor
    init(_ tensor: Tensor) { weight = tensor }
}
private final class BareTensors: Module {
    let weights: [Tensor]
    init(_ tensor: Tensor) { weights = [tensor] }
}
private final class InDictionary: Module {
    let layers: [String: Linear]
    init(_ layer: Linear) { layers = ["a": layer] }
}
private final class InTuple: Module {
    let both: (Int, Linear)
    init(_ layer: Linear) { both = (1, layer) }
}
private struct Box {
    let layer: Linear?
}
private final class InStruct: Module {
    let box: Box
    init(_ layer: Linear) { box = Box(layer: layer) }
}
private final class InArrayOfTuples: Module {
    let pairs: [(String, Tensor)]
    init(_ tensor: Tensor) { pairs = [("a", tensor)] }
}
private enum Choice {
    case none
    case some(Linear)
}
private final class InEnum: Module {
    let choice: Choice
    init(_ layer: Linear) { choice = .some(layer) }
}
private class Holder {
    let layer: Linear
    init(_ layer: Linear) { self.layer = layer }
}
private final class SubHolder: Holder {}
private final class InClass: Module {
    let holder: SubHolder
    init(_ layer: Linear) { holder = SubHolder(layer) }
}
private final class Twins: Module {
    let first: Linear
    let second: [Linear]
    override var keys: [String: String] { ["first": "layers.0", "second": "layers"] }
    init(_ layer: Linear) throws {
        first = layer
        second = [try Linear(2, 2)]
    }
}
private final class Integers: Module {
    @Parameter var weight: Tensor
    init(_ tensor: Tensor) { weight = tensor }
}
private final class Tied: Module {
    let input: Linear
    let output: Linear
    init(_ layer: Linear) {
        input = layer
        output = layer
    }
}
private final class Child: Module {
    var parent: Module?
    let layer: Linear
    init(_ layer: Linear) { self.layer = layer }
}
private final class Parent: Module {
    let child: Child
    init(_ layer: Linear) {
        child = Child(layer)
        super.init()
        child.parent = self
    }
}

/// A module that the walk refuses, and what it says.
struct Refused: Sendable, CustomTestStringConvertible {
    let name: String
    let message: String
    let make: @Sendable () throws -> Module

    init(_ name: String, _ message: String, _ make: @escaping @Sendable () throws -> Module) {
        self.name = name
        self.message = message
        self.make = make
    }

    var testDescription: String { name }
}

@Suite struct ModuleWalkTests {
    @Test func keysInTheOrderOfDeclarationSuperclassFirst() throws {
        let names = try Derived().namedTensors().map { "\($0.name) \($0.kind)" }
        #expect(
            names == [
                "first.weight parameter", "first.running_mean buffer", "scale parameter",
                "ln_1.weight parameter",
                "ln_1.bias parameter",
                "ln_1.running_mean buffer", "conv_seg.0.weight parameter",
                "conv_seg.0.bias parameter",
                "conv_seg.1.weight parameter",
                "ln_final2d.weight parameter", "ln_final2d.bias parameter", "1.1.weight parameter",
                "1.1.running_mean buffer",
            ])
        #expect(try Derived().namedParameters().count == 10)
    }

    @Test func modulesWithTheirPaths() throws {
        let paths = try Derived().namedModules().map { "\($0.path) \(type(of: $0.module))" }
        #expect(
            paths == [
                " Derived", "first Leaf", "ln_1 Leaf", "conv_seg.0 Linear", "conv_seg.1 Linear",
                "ln_final2d LayerNorm",
                "1.1 Leaf",
            ])
    }

    @Test func theTensorsAreTheModelsOwn() throws {
        let leaf = try Leaf()
        let entry = try #require(try leaf.namedTensors().first)
        #expect(entry.tensor === leaf.weight)
        leaf.weight = try Tensor.zeros([3])  // another tensor in its place is a parameter too
        #expect(leaf.weight.requiresGrad)
        #expect(try leaf.namedTensors().first?.tensor === leaf.weight)
    }

    @Test(arguments: [
        Refused(
            "a bare tensor",
            "BareTensor.weight is a bare tensor: mark it @Parameter (trained), @ModuleBuffer (saved, not trained) or @CachedValue (not saved)"
        ) { BareTensor(try .ones([1])) },
        Refused(
            "bare tensors",
            "BareTensors.weights is a bare tensor: mark it @Parameter (trained), @ModuleBuffer (saved, not trained) or @CachedValue (not saved)"
        ) { BareTensors(try .ones([1])) },
        Refused(
            "a dictionary", "InDictionary.layers hides a layer inside Dictionary<String, Linear>"
        ) {
            InDictionary(try Linear(1, 1))
        },
        Refused("a tuple", "InTuple.both hides a layer inside (Int, Linear)") {
            InTuple(try Linear(1, 1))
        },
        Refused("a struct", "InStruct.box hides a layer inside Box") { InStruct(try Linear(1, 1)) },
        Refused(
            "an array of tuples", "InArrayOfTuples.pairs hides a tensor inside (String, Tensor)"
        ) {
            InArrayOfTuples(try .ones([1]))
        },
        Refused("an enum", "InEnum.choice hides a layer inside Choice") {
            InEnum(try Linear(1, 1))
        },
        Refused("a class", "InClass.holder hides a layer inside SubHolder") {
            InClass(try Linear(1, 1))
        },
        Refused(
            "one key twice",
            "Twins.second[0].weight and Twins.first.weight share the checkpoint key 'layers.0.weight': give one another key in `keys`"
        ) { try Twins(Linear(1, 1)) },
        Refused(
            "an integer parameter",
            "Integers.weight is a @Parameter of int64: only floating-point tensors can be trained; use @ModuleBuffer"
        ) { Integers(try .zeros([1], dtype: .int64)) },
        Refused(
            "one tensor under two keys",
            "Tied.output.weight and Tied.input.weight are the same tensor: an optimizer would change it twice; keep one of them"
        ) { Tied(try Linear(1, 1)) },
        Refused(
            "a module inside itself",
            "Parent.child.parent leads back to a module that it is a part of: keep such a module out of stored properties"
        ) { Parent(try Linear(1, 1)) },
    ])
    func errors(_ refused: Refused) throws {
        let module = try refused.make()
        let expected = refused.message
        let hidden =
            ": keep layers in properties of their own, an optional or an array, and tensors in @Parameter, @ModuleBuffer or @CachedValue properties"
        let error = try #require(throws: ModuleError.self) { try module.namedTensors() }
        #expect(
            error.description == (expected.contains(" hides a ") ? expected + hidden : expected))
        #expect(throws: ModuleError.self) { try module.setTraining(false) }
    }

    @Test func namesForErrors() throws {
        let model = Derived()
        try model.assignNames(prefix: "model")
        #expect(
            model.first.weight.name == "model.first.weight"
                && model.convSeg[1].weight.name == "model.conv_seg.1.weight")
        let error = try #require(throws: TorchError.self) {
            try model.convSeg[1](Tensor.ones([1, 3]))
        }
        #expect(error.path == "model.conv_seg.1.weight")
        try model.assignNames()
        #expect(model.scale.name == "scale")
    }
}

private final class Watching: Module {
    let inner: Linear
    private(set) var changes = 0
    init(_ layer: Linear) { inner = layer }
    override func stateDidChange() { changes += 1 }
}

private final class Outer: Module {
    let watching: Watching
    let dropout = Dropout(0.5)
    init(_ layer: Linear) { watching = Watching(layer) }
}

/// What reaches every module and tensor below.
@Suite struct ModuleStateTests {
    @Test func trainingReachesEverything() throws {
        let outer = Outer(try Linear(2, 2))
        #expect(outer.isTraining && outer.dropout.isTraining)
        try outer.setTraining(false)
        #expect(
            !outer.isTraining && !outer.dropout.isTraining && !outer.watching.inner.isTraining
                && outer.watching.changes == 1)
        try outer.setTraining(true)
        #expect(outer.watching.inner.isTraining && outer.watching.changes == 2)
        try outer.weightsDidChange()
        #expect(outer.watching.changes == 3)
    }

    @Test func freezing() throws {
        let outer = Outer(try Linear(2, 2))
        let weight = outer.watching.inner.weight
        #expect(weight.requiresGrad)
        try outer.freeze()
        #expect(!weight.requiresGrad && outer.watching.inner.bias?.requiresGrad == false)
        try outer.freeze(false)
        #expect(weight.requiresGrad)
    }

    @Test func movingKeepsTheTensorsAndTellsTheModules() throws {
        let outer = Outer(try Linear(2, 2))
        let weight = outer.watching.inner.weight
        try outer.move(to: .cpu)
        #expect(
            outer.watching.inner.weight === weight && weight.device == .cpu && weight.requiresGrad)
        #expect(outer.watching.changes == 1)
    }
}
