import DenseKitBuiltIn
import DenseKitCore
import DenseKitVerification
import Foundation
import Testing

@testable import DenseKitCommandLine

private func report(_ arguments: [String], in folder: URL = packageFolder) throws -> GoldenJSON {
    let result = try runDensekit(["reproduce"] + arguments + ["--json"], in: folder)
    #expect(result.status == 0, "\(result.errors)")
    return try readJSON(Data(result.output.utf8))
}

/// The rows of a table, as the command prints them.
private func rows(_ arguments: [String], in folder: URL = packageFolder) throws -> [GoldenJSON] {
    try #require(try report(arguments, in: folder)["rows"]?.array)
}

extension GoldenJSON {
    /// The text of a member; nil where there is none.
    func text(_ key: String) -> String? { self[key]?.string }
    /// A number that densekit counted or measured for a row; nil where there is none.
    fileprivate func here(_ metric: String) -> Double? { self["here"]?[metric]?.number }
}

/// The folder of the shipped configurations.
private let configs = packageFolder.appending(path: "configs").path

@Suite("Tables of papers", .serialized)
struct ReproduceTests {
    @Test(
        "Figures are printed as the paper prints them, and rows name configurations by tables, once each"
    )
    func data() throws {
        let tables = try PaperTable.names(in: configs).map { try PaperTable($0, in: configs) }
        for table in tables {
            let rows = table.rows
            let printed = rows.flatMap {
                [$0.singleScale, $0.multiScale, $0.gflops, $0.parameters].compactMap { $0 }
                    + $0.precisions
            }
            #expect(
                printed.allSatisfy { $0.value > 0 }
                    && rows.allSatisfy { $0.precisions.count == table.precisions.count })
            #expect(rows.allSatisfy { ($0.singleScale == nil) == !table.precisions.isEmpty })
            let configs = rows.compactMap { row in
                row.config.map { $0 + (row.run ?? "") + (row.dataset ?? "") }
            }
            #expect(Set(configs).count == configs.count, "\(table.name)")
            #expect(Set(rows.map { $0.group + $0.name }).count == rows.count, "\(table.name)")
        }
        #expect(
            tables.map(\.rows.count) == [19, 4, 3, 6, 5, 3, 6] + [
                29, 24, 4, 2, 2, 4, 3, 9, 16, 6, 4,
            ]
                + [26, 5, 6, 6, 8, 3, 2, 3])
    }

    @Test(
        "Every row with a configuration agrees with the paper, or says by how much it differs and why",
        arguments: PaperTable.names(in: configs))
    func agreement(table: String) throws {
        let found = try report([table])
        let rows = try #require(found["rows"]?.array)
        let known = try PaperTable(table, in: configs)
        #expect(
            found.text("table") == table && rows.map { $0.text("name") } == known.rows.map(\.name))
        for (row, paper) in zip(rows, known.rows) {
            let remark = row.text("remark")
            let command = row.text("command")
            #expect(row.text("config") == paper.config && row.text("run") == paper.run)
            #expect(
                row.here("single_scale") == nil
                    && row["here"]?["precisions"]?.object?.isEmpty != false)
            guard let config = row.text("config") else {
                #expect(
                    row.here("gflops") == nil && row.here("parameters") == nil && remark == nil
                        && command == nil)
                continue
            }
            let gflops = try #require(row.here("gflops"))
            let parameters = try #require(row.here("parameters"))
            let counted =
                paper.count == .fvcore
                ? gflops : try #require(row.here("gflops_transposed_at_outputs"))
            let agrees =
                (paper.gflops?.agrees(with: counted) ?? true)
                && (paper.parameters?.agrees(with: parameters) ?? true)
            #expect(
                agrees == (remark == nil),
                "\(paper.name): \(counted) G, \(parameters) M, \(remark ?? "")")
            #expect(remark?.hasSuffix("not explained") != true)
            let option = paper.run.map { " --run \($0) --" } ?? ""
            #expect(
                command?.hasPrefix("densekit train configs/\(config)\(option)") == true,
                "\(command ?? "")")
        }
        #expect(rows.contains { $0.here("gflops") != nil })
    }

    @Test("What differs from the paper in Table 1 is said in figures")
    func remark() throws {
        let row = try #require(
            try rows(["table1"]).first { $0.text("name") == "DenseCLIP + Semantic FPN" })
        #expect(
            row.text("remark")?.hasPrefix(
                "GFLOPs 0.63 above the paper's, parameters 0.05 M below the paper's: the paper's GFLOPs are met where the last resize"
            ) == true)
    }

    @Test("Detectors are counted at 1280×800 and 80 classes, with average precisions for scores")
    func detectors() throws {
        let text = try runDensekit(["reproduce", "table4"], in: packageFolder).output
        #expect(
            text.contains(
                /box AP +box AP50 +box AP75 +box APS +box APM +box APL +mask AP +mask AP50/))
        #expect(
            text.contains(
                /\n  IN1K +38\.2 \/ - +58\.8 \/ - .* 47\.2 \/ - +275 +259\.79 \/ 275\.21 +44 +44\.40\n/
            ), "\(text)")
        #expect(
            text.contains(
                /\n  DenseCLIP \[1\] +40\.2 \/ - .* 327 +305\.93 \/ 321\.34 +67 +66\.69\n/),
            "\(text)")
        #expect(
            text.contains(
                "AP: COCO's, in percent, the paper's / ours; GFLOPs: multiply-adds / 1e9 for an image of 800×1280, 80 classes"
            ))
        #expect(
            text.contains(
                "[1] GFLOPs 5.66 below the paper's: the paper's GFLOPs do not follow from its released code;"
            ))
        #expect(!text.contains("not explained"))
    }

    @Test("Average precisions are read from what `densekit test --out` wrote")
    func precisions() throws {
        try withTemporaryFolder { folder in
            let work = folder.appending(path: "mask-rcnn_r50_fpn_1x_coco")
            try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
            try Data(
                #"{"bbox": {"AP": 0.375, "AP50": null, "classes": []}, "segm": {"AP_small": 0.1875}}"#
                    .utf8
            ).write(
                to: work.appending(path: "single_scale.json"))
            let rows = try rows(["table4", "--work-dirs", folder.path])
            let measured = GoldenJSON.object([
                "bbox_AP": .number(37.5), "segm_AP_small": .number(18.75),
            ])
            #expect(rows[0]["here"]?["precisions"] == measured && rows[0].text("command") == nil)
            let printed = rows[0]["paper"]?["precisions"]
            #expect(printed?.object?.count == 12 && printed?["segm_AP_large"]?.number == 47.2)
            #expect(rows[1]["here"]?["precisions"] == .object([:]))
            #expect(rows[1].text("command")?.hasPrefix("densekit train configs/mask_rcnn/") == true)
        }
    }

    @Test("As text and as Markdown: the paper's metrics beside ours, notes by number, commands")
    func forms() throws {
        let text = try runDensekit(["reproduce", "table2"], in: packageFolder).output
        #expect(text.hasPrefix("Rao et al., DenseCLIP (CVPR 2022), Table 2"))
        #expect(text.contains(/ImageNet +38\.6 +- +- +- +227 +227\.06 +31\.0 +31\.04\n/))
        #expect(
            text.contains(
                /post-model prompting \[\d\] +43\.5 +- +- +- +269 +269\.83 +50\.2 +50\.25\n/))
        #expect(
            text.contains("\n[1] ")
                && text.contains(
                    "\n  densekit train configs/semantic_fpn/fpn_r50_ade20k_80k_512x512.yaml --init-from"
                ))
        #expect(
            text.contains(
                /Once for a model, in no sum: text_encoder: 63\.66 M parameters, 74\.12 GFLOPs; as densekit runs it about \d\d\.\d\d \(DenseCLIP/
            ))
        let markdown = try runDensekit(["reproduce", "table2", "--markdown"], in: packageFolder)
            .output
        #expect(
            markdown.contains(
                "| Semantic FPN | ImageNet | 38.6 | - | - | - | 227 | 227.06 | 31.0 | 31.04 |"))
    }

    @Test("Scores are read from work directories; the command that is missing is the next one")
    func scores() throws {
        try withTemporaryFolder { folder in
            let work = folder.appending(path: "runs/fpn_r50_ade20k_80k_512x512")
            let log = work.appending(path: "20260101_000000/vis_data")
            for path in [log, work.appending(path: "best_mIoU_iter_16000")] {
                try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
            }
            try Data("{\"mIoU\":38.5,\"step\":16000}\n{\"mIoU\":38.25,\"step\":24000}\n".utf8)
                .write(
                    to: log.appending(path: "scalars.json"))
            let arguments = ["table1", "--work-dirs", folder.appending(path: "runs").path]
            func row() throws -> GoldenJSON {
                let config = "semantic_fpn/fpn_r50_ade20k_80k_512x512.yaml"
                return try #require(try rows(arguments).first { $0.text("config") == config })
            }
            var found = try row()
            #expect(found.here("single_scale") == 38.5 && found.here("multi_scale") == nil)
            #expect(
                found.text("command")
                    == "densekit test configs/semantic_fpn/fpn_r50_ade20k_80k_512x512.yaml \(work.path)/best_mIoU_iter_16000 --tta --out "
                    + "\(work.path)/multi_scale.json")
            try Data("{\"mIoU\":40.5}".utf8).write(to: work.appending(path: "multi_scale.json"))
            try Data("{\"mIoU\":38.75}".utf8).write(to: work.appending(path: "single_scale.json"))
            found = try row()
            #expect(found.here("single_scale") == 38.75 && found.here("multi_scale") == 40.5)
            #expect(found.text("command") == nil)
        }
    }

    @Test(
        "A row that is a run of a sweep: its scores lie in the sweep's work directory, and its command names the run"
    )
    func runs() throws {
        try withTemporaryFolder { folder in
            let name = "icpc_fpn_r50_ade20k_80k_512x512_weight0.1"
            let work = folder.appending(path: "icpc_ablations/\(name)")
            let arguments = ["icpc-table7", "--work-dirs", folder.path]
            func row() throws -> GoldenJSON {
                try #require(try rows(arguments).first { $0.text("run") == name })
            }
            let command = try row().text("command")
            #expect(
                command
                    == "densekit train configs/icpc/icpc_ablations.yaml --run \(name) --init-from RN50.pt"
            )
            try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
            try Data("{\"mIoU\":44.25}".utf8).write(to: work.appending(path: "single_scale.json"))
            let found = try row()
            #expect(found.here("single_scale") == 44.25 && found.text("command") == nil)
            #expect(found.text("config") == "icpc/icpc_ablations.yaml")
        }
    }

    @Test(
        "A run's command takes its weights from the first configuration that it starts from; that of a test names it too"
    )
    func runCommands() throws {
        let file = packageFolder.appending(path: "configs/semantic_fpn/fpn_other-data.yaml").path
        let run = "fpn_vit-b_ade20k-full_80k_640x640"
        let sweep = try Sweep(file, registry: Registry(BuiltIn.plugins))
        let command = RowCommand(file: file, run: try sweep.run(named: run))
        #expect(
            command.train
                == "densekit train \(file) --run \(run) --set model.backbone.weights=deit_base_patch16_224.pth"
        )
        #expect(command.test("w") == "densekit test \(file) w --run \(run)")
    }

    @Test("Weights are measured on the configuration's data, as `densekit test` measures them")
    func weights() throws {
        try withRun { folder in
            let name = "fpn_r50_ade20k_80k_512x512"
            let configs = try withTables(folder).appending(path: "semantic_fpn")
            try FileManager.default.createDirectory(at: configs, withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                at: folder.appending(path: "run.yaml"), to: configs.appending(path: "\(name).yaml"))
            let trained = try runDensekit(
                ["train", "run.yaml", "--work-dir", "w", "--set", "train.iterations=1"], in: folder)
            #expect(trained.status == 0, "\(trained.errors)")
            let expected = try [[], ["--tta"]].map { option in
                _ = try runDensekit(
                    ["test", "run.yaml", "w/iter_1", "--out", "scores.json"] + option, in: folder)
                let scores = try readJSON(Data(contentsOf: folder.appending(path: "scores.json")))
                return try #require(scores["mIoU"]?.number)
            }
            let rows = try rows(["table1", "--weights", "\(name)=w/iter_1"], in: folder)
            let row = try #require(rows.first { $0.text("config")?.contains(name) == true })
            #expect(
                row.here("single_scale") == expected[0] && row.here("multi_scale") == expected[1])
            #expect(row.text("command") == nil)

            let lost = try runDensekit(
                ["reproduce", "table1", "--weights", "\(name)=lost"], in: folder)
            #expect(
                lost.status == 1 && lost.errors.contains("lost: no such file or directory"),
                "\(lost.errors)")
        }
    }

    @Test("A configuration that cannot be built is its row's problem")
    func broken() throws {
        try withTemporaryFolder { folder in
            let configs = try withTables(folder).appending(path: "semantic_fpn")
            try FileManager.default.createDirectory(at: configs, withIntermediateDirectories: true)
            try Data("model: { backbone: Lost, head: SemanticFPN }\n".utf8).write(
                to: configs.appending(path: "fpn_r50_ade20k_80k_512x512.yaml"))
            try FileManager.default.createDirectory(
                at: folder.appending(path: "configs/denseclip"), withIntermediateDirectories: true)
            try Data("sweep: { runs: [{ name: other }] }\n".utf8).write(
                to: folder.appending(path: "configs/denseclip/denseclip_ablations.yaml"))
            let rows = try rows(["table2"], in: folder)
            let remarks = rows.map { $0.text("remark") ?? "" }
            #expect(
                remarks[2] == "configs/denseclip/denseclip_ablations.yaml has no run "
                    + "'denseclip_fpn_r50_ade20k_80k_512x512_contexts' (runs: other)",
                "\(remarks[2])")
            #expect(
                remarks[0].hasPrefix(
                    "configs/semantic_fpn/fpn_r50_ade20k_80k_512x512.yaml:1:20: unknown backbone 'Lost'"
                ))
            #expect(
                remarks[1] == "configs/semantic_fpn/fpn_other-backbones.yaml is missing"
            )
            #expect(
                rows[0].here("gflops") == nil
                    && rows[0].text("command")
                        == "densekit train configs/semantic_fpn/fpn_r50_ade20k_80k_512x512.yaml"
            )
        }
    }

    @Test("A misspelt key of a table is an error of the command, with its place, and ends with 2")
    func misspelt() throws {
        try withTemporaryFolder { folder in
            try FileManager.default.createDirectory(
                at: folder.appending(path: "configs/tables"), withIntermediateDirectories: true)
            let text =
                "paper: Own\ntitle: Table 1\ngroups:\n- { name: RN50, rows: [\n{ name: A, single_scal: 1.0 }] }"
            try Data(text.utf8).write(to: folder.appending(path: "configs/tables/own.yaml"))
            let result = try runDensekit(["reproduce", "own"], in: folder)
            #expect(result.status == 2 && result.output.isEmpty)
            #expect(
                result.errors.hasPrefix(
                    "error: configs/tables/own.yaml:5:12: unknown key 'single_scal' in groups.0.rows.0; did you mean 'single_scale'?"
                ),
                "\(result.errors)")
            let empty = try runDensekit(
                ["reproduce", "own", "--configs", "configs/tables"], in: folder)
            #expect(
                empty.status == 64
                    && empty.errors.hasPrefix(
                        "Error: configs/tables/tables: no such folder, or no table in it\n"),
                "\(empty.errors)")
        }
    }

    /// `folder/configs` with the shipped tables in it, and nothing else.
    private func withTables(_ folder: URL) throws -> URL {
        let configs = folder.appending(path: "configs")
        try FileManager.default.createDirectory(at: configs, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: packageFolder.appending(path: "configs/tables"),
            to: configs.appending(path: "tables"))
        return configs
    }

    @Test(
        "Mistakes on the command line",
        arguments: [
            (
                ["table9"],
                "there is no table 'table9'; did you mean table1? (tables: "
                    + (1...7).map { "clip-sp-table\($0), " }.joined()
                    + (1...11).map { "icpc-table\($0), " }.joined()
                    + "table1, table2, table3, table4, table5, table6, table7, table8)"
            ),
            (["table1", "--json", "--markdown"], "--json and --markdown exclude each other"),
            (
                ["table1", "--configs", "lost"],
                "lost: no such folder; run in the folder that holds the shipped configs, or name it with --configs"
            ),
            (["table1", "--weights", "a.pth"], "--weights 'a.pth': expected NAME=PATH"),
            (
                ["table5", "--weights", "fpn_r5_ade20k_80k_512x512=a.pth"],
                "--weights 'fpn_r5_ade20k_80k_512x512=a.pth': no row of table5 is called 'fpn_r5_ade20k_80k_512x512'; did you mean "
                    + "fpn_r50_ade20k_80k_512x512?"
            ),
        ] as [([String], String)])
    func mistakes(_ arguments: [String], _ message: String) throws {
        let result = try runDensekit(["reproduce"] + arguments, in: packageFolder)
        #expect(result.status == 64)
        #expect(result.errors.hasPrefix("Error: " + message + "\n"), "\(result.errors)")
    }
}
