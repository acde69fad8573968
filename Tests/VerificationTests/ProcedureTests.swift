import DenseKitCore
import Testing

@testable import DenseKitVerification

/// What plugins bring for golden cases.
@Suite struct ProcedureTests {
    private struct Gates: VerificationPlugin {
        func register(in procedures: inout Procedures) {
            procedures.register("gate") { _, golden, _ in
                [Comparison("gate", ours: [1.0], reference: [1], golden.tolerance)]
            }
            procedures.registerModel("Gate") { _ in
                ["backbone": .string("Lost"), "head": .string("SemanticFPN")]
            }
            procedures.registerDraws("first", "second") { ["both": try $0[0] + $0[1]] }
        }
    }

    private struct OtherGates: VerificationPlugin {
        let register: @Sendable (inout Procedures) -> Void
        func register(in procedures: inout Procedures) { register(&procedures) }
    }

    @Test("A plugin's procedure is run where its plugin is listed, and unknown elsewhere")
    func procedure() throws {
        let folder = try Folder()
        let path = try folder.write(#"{"procedure_id": "gate"}"#)
        let found = try Verifier(registry: Registry(), plugins: [Gates()]).verify(path)
        #expect(found.map(\.output) == ["gate"] && found.allSatisfy { $0.passes })
        let error = try #require(throws: GoldenCaseError.self) {
            _ = try Verifier(registry: Registry()).verify(path)
        }
        #expect(
            error.description
                == "\(path): has the unknown procedure_id 'gate'; known: backbone, text, context_decoder, segmentor, inference, "
                + "detector, trajectory, image_ops, segmentation_metrics, ops, tokenizer, rle, coco_eval, pipeline, "
                + "asymmetric_loss")
    }

    @Test("A model that a plugin describes needs no model file, and any other does")
    func model() throws {
        let folder = try Folder()
        let path = try folder.write(#"{"procedure_id": "segmentor", "config": {"type": "Gate"}}"#)
        let described = try #require(throws: ConfigurationError.self) {
            _ = try Verifier(registry: Registry(), plugins: [Gates()]).verify(path)
        }
        #expect(described.description.contains("unknown backbone 'Lost'"), "\(described)")
        let error = try #require(throws: GoldenCaseError.self) {
            _ = try Verifier(registry: Registry()).verify(path)
        }
        #expect(error.description.hasPrefix("\(path): needs a model file"), "\(error)")
    }

    @Test("Inputs prescribe draws where a case has all of them")
    func draws() throws {
        let procedures = try Procedures([Gates()])
        let first = try Tensor.from([1.0 as Float])
        let second = try Tensor.from([2.0 as Float])
        #expect(procedures.drawnInputs == ["first", "second"])
        #expect(try procedures.draws(["first": first, "second": second])?["both"]?.floats() == [3])
        #expect(try procedures.draws(["first": first]) == nil)
        #expect(try Procedures([]).draws(["first": first, "second": second]) == nil)
    }

    @Test("Two plugins that bring one name are refused")
    func conflicts() throws {
        let cases: [(@Sendable (inout Procedures) -> Void, String)] = [
            (
                { $0.register("gate") { _, _, _ in [] } },
                "procedure 'gate' is registered by both Gates and OtherGates"
            ),
            (
                { $0.registerModel("Gate") { _ in [:] } },
                "model 'Gate' is registered by both Gates and OtherGates"
            ),
            (
                { $0.registerDraws("second") { _ in [:] } },
                "input 'second' is registered by both Gates and OtherGates"
            ),
            (
                { $0.register("ops") { _, _, _ in [] } },
                "procedure 'ops' is registered by both CoreProcedures and OtherGates"
            ),
        ]
        for (register, message) in cases {
            let error = try #require(throws: ProcedureError.self) {
                _ = try Verifier(
                    registry: Registry(), plugins: [Gates(), OtherGates(register: register)])
            }
            #expect(error.description == message + ": rename one of them")
        }
    }
}
