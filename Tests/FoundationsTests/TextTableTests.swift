import DenseKitFoundations
import Testing

@Suite struct TextTableTests {
    @Test("Numbers end on the right, names begin on the left, and a row of one cell is a heading")
    func aligned() {
        #expect(
            TextTable.aligned([["name", "count"], ["group"], ["a", "1,000"], ["long name", "7"]])
                == [
                    "name       count", "group", "a          1,000", "long name      7",
                ])
    }

    @Test("Text in the last column is not padded")
    func text() {
        #expect(
            TextTable.aligned([["CPU", "one"], ["threads", "2 of 4"]], left: 2) == [
                "CPU      one", "threads  2 of 4",
            ])
    }

    @Test("A frame as MMSegmentation prints it")
    func framed() {
        #expect(
            TextTable.framed([["Class", "IoU"], ["road", "97.1"]]) == """
                +-------+------+
                | Class | IoU  |
                +-------+------+
                | road  | 97.1 |
                +-------+------+
                """)
    }

    @Test("A bar within a cell does not end it")
    func markdown() {
        #expect(TextTable.markdown(["a|b", "c"]) == "| a\\|b | c |")
    }
}
