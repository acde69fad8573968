import Foundation
import Testing

private struct Counts: Decodable {
    let classes: [String]
    let pictures: Int
    let counts: [[Int]]
}

@Test("co-occurrence counts the training images and writes the counts")
func coOccurrence() throws {
    try withRun { folder in
        let result = try runDensekit(
            ["co-occurrence", "run.yaml", "--out", "counts.json"], in: folder)
        #expect(result.status == 0 && result.output.hasPrefix("4 images, "), "\(result.errors)")
        let data = try Data(contentsOf: folder.appending(path: "counts.json"))
        let found = try JSONDecoder().decode(Counts.self, from: data)
        #expect(found.pictures == 4 && found.counts.count == found.classes.count)
        for (a, row) in found.counts.enumerated() {
            #expect(
                row.count == found.classes.count
                    && row.indices.allSatisfy {
                        row[$0] <= row[a] && row[$0] == found.counts[$0][a]
                    }
            )
        }
        #expect(found.counts.enumerated().contains { $1[$0] > 0 })
    }
}
