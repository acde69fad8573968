import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

@testable import DenseKitTraining

@Suite("Files of tables") struct PaperTableTests {
    private static let precisions = "precisions: [{ kind: bbox, measure: AP, name: AP }]\n"

    private func read(_ text: String) throws -> PaperTable {
        try withTemporaryFolder { path in
            let folder = URL(filePath: path)
            try FileManager.default.createDirectory(
                at: folder.appending(path: "tables"), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: folder.appending(path: "tables/own.yaml"))
            return try PaperTable("own", in: folder.path)
        }
    }

    /// A table with `rows` in its one group; the first row is line 4.
    private func table(_ rows: String, _ head: String = "") -> String {
        "paper: Own\ntitle: Table 1\n\(head)groups:\n- { name: RN50, rows: [\n\(rows)] }"
    }

    @Test("What is left out: ADE20K's classes, images of 1024×1024, mIoU, fvcore's count")
    func defaults() throws {
        let found = try read(
            table("{ name: A, single_scale: 43.50 }, { name: \"1.0\", config: a.yaml }"))
        #expect(
            found.name == "own" && found.paper == "Own" && found.title == "Table 1"
                && found.notes.isEmpty)
        #expect(found.classes == 150 && found.size == Size2D(1024) && found.precisions.isEmpty)
        #expect(
            found.rows.map(\.name) == ["A", "1.0"]
                && found.rows.allSatisfy { $0.group == "RN50" && $0.count == .fvcore })
        #expect(found.rows[0].singleScale?.text == "43.50" && found.rows[1].config == "a.yaml")
    }

    @Test("Everything that a file may say")
    func everything() throws {
        let found = try read(
            """
            paper: Own
            title: "Table 1: all"
            notes: [one, two]
            classes: 80
            size: [800, 1280]
            precisions: [{ kind: segm, measure: AP_small, name: mask APS }]
            groups:
              - name: RN50
                classes: 20
                rows:
                  - { name: A, precisions: [18.3], gflops: 275, parameters: 44, config: a.yaml,
                      run: small, count: transposed_at_outputs, reason: why, dataset: b.yaml }
            """)
        let row = found.rows[0]
        #expect(
            found.notes == ["one", "two"] && found.classes == 80 && found.size == Size2D(800, 1280))
        #expect(
            found.precisions[0].key == "segm_AP_small" && found.precisions[0].name == "mask APS")
        #expect(
            row.precisions[0].value == 18.3 && row.gflops?.text == "275"
                && row.parameters?.value == 44)
        #expect(row.config == "a.yaml" && row.run == "small" && row.modelName == "small")
        #expect(
            row.count == .transposedAtOutputs && row.reason == "why" && row.dataset == "b.yaml"
                && row.classes == 20)
    }

    @Test("Tables are listed by their numbers, and only files of YAML are tables")
    func names() throws {
        try withTemporaryFolder { path in
            let folder = URL(filePath: path)
            #expect(PaperTable.names(in: folder.path).isEmpty)
            try FileManager.default.createDirectory(
                at: folder.appending(path: "tables"), withIntermediateDirectories: true)
            for name in ["table10.yaml", "table9.yaml", "notes.txt", ".table1.yaml"] {
                try Data().write(to: folder.appending(path: "tables/\(name)"))
            }
            #expect(PaperTable.names(in: folder.path) == ["table9", "table10"])
        }
    }

    @Test("Mistakes stand with their places")
    func mistakes() throws {
        let cases = [
            ("title: T\ngroups: []", "own.yaml:1:1: the key 'paper' is missing"),
            (
                "paper: P\ntitle: T\ngroups: []",
                "own.yaml:3:9: groups: expected at least one group of rows"
            ),
            (table(""), "own.yaml:4:23: groups.0.rows: expected at least one row"),
            (
                table("{ name: A, gflops: many }"),
                "own.yaml:5:20: groups.0.rows.0.gflops: expected a number above 0 as the paper prints it, found many"
            ),
            (
                table("{ name: A, gflops: -1 }"),
                "own.yaml:5:20: groups.0.rows.0.gflops: expected a number above 0 as the paper prints it, found -1"
            ),
            (
                table("{ name: A, gflops: [1] }"),
                "own.yaml:5:20: groups.0.rows.0.gflops: expected a number above 0 as the paper prints it, found no number"
            ),
            (
                table("{ name: A },\n{ name: A }"),
                "own.yaml:6:9: groups.0.rows.1.name: the group has the row 'A' twice"
            ),
            (
                table("{ name: A, config: a.yaml, count: outputs }"),
                "own.yaml:5:35: groups.0.rows.0.count: 'outputs' is none of fvcore, transposed_at_outputs"
            ),
            (
                table("{ name: A, reason: why }"),
                "own.yaml:5:20: groups.0.rows.0.reason: says something of the row's configuration, and the row has none: "
                    + "write config"
            ),
            (
                table("{ name: A, run: small }"),
                "own.yaml:5:17: groups.0.rows.0.run: says something of the row's configuration, and the row has none: write config"
            ),
            (
                table("{ name: A, precisions: [1.0, 2.0] }", Self.precisions),
                "own.yaml:6:24: groups.0.rows.0.precisions: expected a number for each of the table's precisions (1), found 2"
            ),
            (
                table("{ name: A, precisions: [1.0], single_scale: 2.0 }", Self.precisions),
                "own.yaml:6:45: groups.0.rows.0.single_scale: a table of precisions prints no mIoU: remove the key, or the "
                    + "table's precisions"
            ),
            (
                table("{ name: A }", "precisions: [{ kind: bbox, measure: AP60, name: AP }]\n"),
                "own.yaml:3:37: precisions.0.measure: 'AP60' is none of AP, AP50, AP75, AP_small, AP_medium, AP_large"
            ),
            (
                table("{ name: A }", "classes: 0\n"),
                "own.yaml:3:10: classes: expected 1…65535 classes, found 0"
            ),
            (
                table("{ name: A }", "size: 0\n"),
                "own.yaml:3:7: size: expected sides of 1…65535 pixels, found [0, 0]"
            ),
        ]
        for (text, message) in cases {
            let error = try #require(throws: ConfigurationError.self) { _ = try read(text) }
            #expect("\(error)".contains("/tables/" + message), "\(error)")
        }
    }

    @Test(
        "Half of the last printed digit is rounding, more is not",
        arguments: [
            ("269.2", 269.25, true), ("269.2", 269.15, true), ("269.2", 269.251, false),
            ("269", 269.5, true), ("269", 269.83, false),
            ("50.248", 50.2485, true), ("50.248", 50.2486, false),
        ] as [(String, Double, Bool)])
    func rounding(_ text: String, _ value: Double, _ agrees: Bool) {
        #expect(PrintedNumber(text)?.agrees(with: value) == agrees)
    }

    @Test("A name that no table has, and one that no row has: the nearest one")
    func unknownNames() throws {
        try withTemporaryFolder { path in
            let folder = URL(filePath: path)
            let none = try #require(throws: ArgumentError.self) { try PaperTable("own", in: path) }
            #expect("\(none)" == "\(path)/tables: no such folder, or no table in it")
            try FileManager.default.createDirectory(
                at: folder.appending(path: "tables"), withIntermediateDirectories: true)
            try Data(table("{ name: A, config: a/small.yaml }").utf8).write(
                to: folder.appending(path: "tables/own.yaml"))
            let other = try #require(throws: ArgumentError.self) { try PaperTable("owm", in: path) }
            #expect("\(other)" == "there is no table 'owm'; did you mean own? (tables: own)")
            let own = try PaperTable("own", in: path)
            let registry = try Registry(BuiltIn.plugins)
            let row = try #require(throws: ArgumentError.self) {
                try Reproduction(of: own, in: path, weights: ["smal": "w"], registry: registry)
            }
            #expect("\(row)" == "no row of own is called 'smal'; did you mean small?")
        }
    }
}
