import DenseKitComponents
import DenseKitNN
import Foundation
import Testing

@testable import DenseKitVerification

/// The message of the `GoldenCaseError` that `body` throws, without the folder.
private func message(_ folder: URL, _ body: () throws -> Void) throws -> String {
    let error = try #require(throws: GoldenCaseError.self) { try body() }
    return error.description.replacing(folder.path + "/", with: "")
}

@Suite struct GoldenCaseTests {
    @Test func fieldsAndDefaults() throws {
        let folder = try Folder()
        let small = try GoldenCase(path: folder.write(#"{"procedure_id": "text"}"#, "small.json"))
        #expect(
            small.name == "small" && small.procedure == "text" && small.mode == "eval"
                && small.parameters.isEmpty)
        #expect(small.tolerance(for: "x").rtol == 1e-3 && small.tolerance(for: "x").atol == 1e-4)
        #expect(
            small.expectedOutputsPath == folder.path("small.safetensors")
                && small.modelPath == folder.path("small.model.yaml"))
        let full = try GoldenCase(
            path: folder.write(
                #"""
                {"procedure_id": "segmentor", "case": "full", "mode": "train", "outputs": {"b": "", "a": ""}, "token_ids": [[1, 2]],
                 "derived_buffers": ["c"], "tolerance": {"rtol": 1, "atol": 2}, "tolerance_for": {"a": {"rtol": 3, "atol": 4, "share": 0.5}}}
                """#))
        #expect(
            full.name == "full" && full.mode == "train" && full.outputNames == ["a", "b"]
                && full.tokenIDs == [[1, 2]])
        #expect(
            full.tolerance(for: "a").share == 0.5 && full.tolerance(for: "b").atol == 2
                && full.derivedBuffers == ["c"])
    }

    @Test(arguments: [
        ("no JSON", "{", "cannot be read as a golden case: "),
        ("empty", "", "cannot be read as a golden case: "),
        ("a list", "[]", "cannot be read as a golden case: "),
        ("no procedure", #"{"case": "a"}"#, "has no procedure_id"),
        (
            "a number as name", #"{"procedure_id": 3}"#,
            "cannot be read as a golden case: at procedure_id: "
        ),
        (
            "no shape", #"{"procedure_id": "text", "inputs": [{"name": "x"}]}"#,
            "cannot be read as a golden case: at inputs.Index 0: key 'shape' is missing"
        ),
        (
            "a fraction in a shape",
            #"{"procedure_id": "text", "inputs": [{"name": "x", "shape": [1.5]}]}"#,
            "cannot be read as a golden case: "
        ),
        (
            "one name twice",
            #"{"procedure_id": "text", "inputs": [{"name": "x", "shape": []}, {"name": "x", "shape": []}]}"#,
            "has the input 'x' twice"
        ),
        (
            "one parameter twice",
            #"{"procedure_id": "text", "parameters": [{"name": "w", "shape": []}, {"name": "w", "shape": [1]}]}"#,
            "has the parameter 'w' twice"
        ),
    ])
    func unreadable(_ name: String, _ text: String, _ expected: String) throws {
        let folder = try Folder()
        let path = try folder.write(text)
        let found = try message(folder.url) { _ = try GoldenCase(path: path) }
        #expect(found.hasPrefix("case.json: " + expected), "\(name): \(found)")
        #expect(!found.contains("\n"))
    }

    @Test func noFile() throws {
        let folder = try Folder()
        let path = folder.path("none.json")
        #expect(
            try message(folder.url) { _ = try GoldenCase(path: path) }.hasPrefix(
                "none.json: cannot be read as a golden case: "))
    }

    @Test(arguments: [
        (#"{"shape": [2, -1], "value": 0}"#, "has the impossible shape [2, -1]"),
        (
            #"{"shape": [4611686018427387904, 4], "value": 0}"#,
            "has the impossible shape [4611686018427387904, 4]"
        ),
        (#"{"shape": [100000, 100000], "value": 0}"#, "has the impossible shape [100000, 100000]"),
        (#"{"shape": [2], "offset": 0}"#, "needs offset and scale, or value"),
        (#"{"shape": [2]}"#, "needs offset and scale, or value"),
        (#"{"shape": [2], "kind": "int"}"#, "needs low < high, or value"),
        (#"{"shape": [2], "kind": "int", "low": 3, "high": 3}"#, "needs low < high, or value"),
        (#"{"shape": [2], "kind": "int", "value": 1.5}"#, "has the value 1.5, which is no integer"),
        (
            #"{"shape": [2], "kind": "int", "value": 1e300}"#,
            "has the value 1e+300, which is no integer"
        ),
        (#"{"shape": [2], "values": [1]}"#, "has 1 values for shape [2]"),
        (#"{"shape": [2], "kind": "int", "values": [1, 2, 3]}"#, "has 3 values for shape [2]"),
        (
            #"{"shape": [1], "kind": "values", "values": [1e19]}"#,
            "has the value 1e+19, which is no integer"
        ),
        (
            #"{"shape": [1], "kind": "int", "values": [0.5]}"#,
            "has the value 0.5, which is no integer"
        ),
    ])
    func impossibleRecipes(_ recipe: String, _ expected: String) throws {
        let entry = try JSONDecoder().decode(
            GoldenCase.Entry.self, from: Data(recipe.replacing("{", with: #"{"name": "x", "#).utf8))
        let error = try #require(throws: GoldenCaseError.self) { try entry.tensor() }
        #expect(error.description == "x: \(expected)")
    }

    @Test(arguments: [
        (#"{"shape": [2], "value": 1.5}"#, [1.5, 1.5], DType.float32),
        (#"{"shape": [], "kind": "int", "value": 3}"#, [3], .int64),
        (#"{"shape": [2, 1], "kind": "values", "values": [[1], [2]]}"#, [1, 2], .int64),
        (#"{"shape": [2], "kind": "values", "values": [1, 2.5]}"#, [1, 2.5], .float32),
        (#"{"shape": [2], "kind": "values", "values": [true, false]}"#, [1, 0], .int64),
        (
            #"{"shape": [5], "kind": "int", "low": 0, "high": 1, "ignore": {"value": 9, "every": 2}}"#,
            [9, 0, 9, 0, 9], .int64
        ),
        (#"{"shape": [2, 0], "offset": 0, "scale": 1}"#, [], .float32),
    ])
    func recipes(_ recipe: String, _ values: [Float], _ dtype: DType) throws {
        let entry = try JSONDecoder().decode(
            GoldenCase.Entry.self,
            from: Data(recipe.replacing("{", with: #"{"name": "x", "#, maxReplacements: 1).utf8))
        let tensor = try entry.tensor()
        #expect(tensor.dtype == dtype && tensor.shape == entry.shape)
        #expect(try tensor.floats() == values)
    }

    @Test func jsonNumbers() throws {
        let json = try JSONDecoder().decode(
            GoldenJSON.self,
            from: Data(#"{"a": [1, 2.5], "b": 1e300, "c": [3, 4], "d": null, "e": [1, "x"]}"#.utf8))
        #expect(
            json["a"]?.integers == nil && json["c"]?.integers == [3, 4]
                && json["e"]?.integers == nil)
        #expect(json["b"]?.integer == nil && json["b"]?.number == 1e300)
        #expect(json["a"]?.numbers == [1, 2.5] && json["d"]?.numbers == [] && json["z"] == nil)
        let again = try JSONDecoder().decode(GoldenJSON.self, from: JSONEncoder().encode(json))
        #expect(again["c"]?.integers == [3, 4] && again["b"]?.number == 1e300)
    }
}
