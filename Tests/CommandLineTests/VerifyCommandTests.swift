import Foundation
import Testing

/// `densekit verify` on cases of `Tests/Goldens` that take a moment.
@Suite struct VerifyCommandTests {
    private let goldens = packageFolder.appending(path: "Tests/Goldens")

    @Test("Every line shows its tolerance and what share of it was used")
    func lines() throws {
        let result = try runDensekit(["verify", "adamw_trajectory.json"], in: goldens)
        #expect(result.status == 0, "\(result.errors)")
        let lines = result.output.split(separator: "\n")
        #expect(lines.first?.contains(/^output +max abs +max rel +tolerance +used +pass$/) == true)
        #expect(
            lines.dropFirst().dropLast().allSatisfy {
                $0.contains(/\s((rtol|atol) [0-9].*|exact) +[0-9.e-]+ % +yes$/)
            },
            "\(result.output)")
        #expect(lines.last?.contains(/^([0-9]+) of \1 pass$/) == true)
    }

    @Test("Several cases in one call have a summary, and the worst of them decides the exit code")
    func severalCases() throws {
        try withTemporaryFolder { folder in
            for name in ["asymmetric_loss.json", "asymmetric_loss.safetensors", "seg_metrics.json"]
            {
                try FileManager.default.copyItem(
                    at: goldens.appending(path: name), to: folder.appending(path: name))
            }
            let text = try String(
                contentsOf: folder.appending(path: "seg_metrics.json"), encoding: .utf8)
            try Data(
                text.replacing(
                    "\"summary_percent\": {", with: "\"summary_percent\": {\"aBcc\": 1, "
                ).utf8
            )
            .write(to: folder.appending(path: "wrong.json"))
            try Data("{}".utf8).write(to: folder.appending(path: "none.json"))

            let good = try runDensekit(
                ["verify", "asymmetric_loss.json", "seg_metrics.json"], in: folder)
            #expect(good.status == 0 && good.output.hasSuffix("== 2 of 2 cases pass\n"), "\(good)")
            #expect(
                good.output.hasPrefix("== asymmetric_loss.json\n")
                    && good.output.contains("\n== seg_metrics.json\n"))

            let wrong = try runDensekit(["verify", "wrong.json", "seg_metrics.json"], in: folder)
            #expect(
                wrong.status == 1
                    && wrong.output.hasSuffix("== 1 of 2 cases pass\ndoes not pass: wrong.json\n"),
                "\(wrong)")

            let unusable = try runDensekit(
                ["verify", "none.json", "missing.json", "wrong.json", "seg_metrics.json"],
                in: folder)
            #expect(unusable.status == 2, "\(unusable)")
            let summary =
                "== 1 of 4 cases pass\ndoes not pass: wrong.json\ncannot be used: none.json\ncannot be used: missing.json\n"
            #expect(unusable.output.hasSuffix(summary))
            #expect(unusable.errors.contains("error: none.json: has no procedure_id"))
            #expect(
                unusable.errors.contains("error: missing.json: cannot be read as a golden case: "))
        }
    }

    @Test("A model file belongs to one case")
    func modelOfSeveralCases() throws {
        let result = try runDensekit(
            ["verify", "a.json", "b.json", "--model", "c.yaml"], in: goldens)
        #expect(result.status == 64)
        #expect(
            result.errors.contains("--model is the model of one case, and 2 cases are named"),
            "\(result.errors)")
    }
}
