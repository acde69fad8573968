import DenseKitVision

/// Reads and writes label maps in PNG files; also reads those in plain TIFF files.
public enum LabelFile {
    /// The numbers that the file stores: grey levels of 1, 2, 4, 8 or 16 bits, or the **indices**
    /// of a palette.
    ///
    /// They are not yet classes: the data set's `LabelTable` maps them.
    /// - Throws: `DataError` for colour masks and for files that are neither PNG nor plain TIFF; of
    ///   the kind `unreadable` for damaged files.
    public static func read(_ path: String, maximumPixels: Int = 1 << 28) throws -> LabelMap {
        let bytes = try DataError.reading { try FileSystem.read(path) }
        if case .tiff = try format(bytes, path) {
            return try DataError.reading { try TIFF(bytes, path, maximumPixels).labels() }
        }
        let png = try open(bytes, path, maximumPixels)
        guard png.hasSingleSamples else {
            throw DataError(
                path, "is a colour image; labels are one number a pixel",
                remedy: "save the mask as a grey or palette PNG whose numbers are the classes")
        }
        let labels = try DataError.reading { try png.samples() }
        return LabelMap(height: png.size.height, width: png.size.width, labels: labels)
    }

    /// The colours of a palette PNG, whose indices are the labels; nil for a file without a
    /// palette. Reads the file's head.
    ///
    /// - Throws: `DataError` for what cannot be read.
    static func palette(_ path: String) throws -> [RGBColor]? {
        func palette(_ bytes: [UInt8]) throws -> [RGBColor]? {
            guard case .png = try Format(bytes, path) else { return nil }
            let png = try PNG(bytes, path, .max)
            return png.isPalette ? try png.palette() : nil
        }
        let head = 1 << 16
        return try DataError.reading {
            let bytes = try FileSystem.read(path, limit: head)
            do {
                return try palette(bytes)
            } catch  where bytes.count == head {
                return try palette(FileSystem.read(path))
            }
        }
    }

    private static func format(_ bytes: [UInt8], _ path: String) throws -> Format {
        try DataError.reading { try Format(bytes, path) }
    }

    /// The size of the label map in pixels, from the file's header.
    ///
    /// - Throws: `DataError` for a file that cannot be read or is not a label map.
    public static func size(_ path: String, maximumPixels: Int = 1 << 28) throws -> Size2D {
        let head = 1 << 16
        let bytes = try FileSystem.read(path, limit: head)
        // A TIFF file's directory is often its end.
        if case .tiff = try Format(bytes, path) {
            return try TIFF(FileSystem.read(path), path, maximumPixels).size
        }
        do {
            return try open(bytes, path, maximumPixels).size
        } catch  where bytes.count == head {
            return try open(FileSystem.read(path), path, maximumPixels).size
        }
    }

    /// How many bits a number of the file has.
    static func bits(_ path: String) throws -> Int {
        let bytes = try FileSystem.read(path, limit: 1 << 16)
        if case .tiff = try Format(bytes, path) {
            return try TIFF(FileSystem.read(path), path, 1 << 28).bits
        }
        return try open(bytes, path, 1 << 28).bitDepth
    }

    private static func open(_ bytes: [UInt8], _ path: String, _ maximumPixels: Int) throws -> PNG {
        switch try format(bytes, path) {
        case .png: return try DataError.reading { try PNG(bytes, path, maximumPixels) }
        case .jpeg:
            throw DataError(
                path, "is a JPEG file, whose compression changes labels",
                remedy: "save the mask as a grey or palette PNG")
        case .tiff: throw Format.foreign("TIFF", path)
        case .bmp:
            throw DataError(path, "is a BMP file", remedy: "save the mask as a grey or palette PNG")
        }
    }

    /// Writes the map in one step: a palette PNG in the colours of `classes`, or 16-bit grey for
    /// more than 255 classes.
    ///
    /// `LabelMap.ignore` is written as 255 in a palette file and as 65535 in a 16-bit one.
    ///
    /// - Throws: `DataError` where the file cannot be written, and for another label of 255 or more
    ///   in a palette file.
    public static func write(_ labels: LabelMap, classes: ClassList, to path: String) throws {
        guard classes.count <= 255 else {
            return try labels.labels.withUnsafeBufferPointer {
                try PNG.write($0, size: labels.size, bitDepth: 16, kind: .gray, to: path)
            }
        }
        if let at = labels.labels.firstIndex(where: { $0 != LabelMap.ignore && $0 >= 255 }) {
            throw DataError(
                path,
                "label \(labels.labels[at]) at (y \(at / labels.width), x \(at % labels.width)) does not fit in 8 bits"
            )
        }
        let unused = RGBColor(0, 0, 0)
        let palette =
            classes.palette + Array(repeating: unused, count: 255 - classes.count) + [
                RGBColor(255, 255, 255)
            ]
        try labels.labels.map { UInt8(truncatingIfNeeded: $0) }.withUnsafeBufferPointer {
            try PNG.write($0, size: labels.size, bitDepth: 8, kind: .palette(palette), to: path)
        }
    }
}
