import CDenseKitSimdjson
import DenseKitVision

/// The content of a COCO annotation file (`instances_*.json`): images, categories, and the
/// annotations of each image.
///
/// The file is parsed once and stored as flat arrays in a cache, which every thread and process
/// maps into its memory from then on.
public final class COCOIndex: Sendable {
    /// An image as the file lists it.
    public struct ImageEntry: Sendable, Equatable {
        /// The image's `id` in the file.
        public let id: Int64
        /// The image file's name, relative to the folder of images: `file_name`.
        public let name: String
        /// Height and width in pixels, as the file gives them.
        public let size: Size2D
    }

    /// A category as the file lists it.
    public struct Category: Sendable, Equatable {
        /// The category's `id` in the file.
        public let id: Int64
        /// The category's `name` in the file.
        public let name: String
    }

    /// One annotation as the file lists it.
    public struct Annotation: Sendable {
        let record: dk_coco_annotation

        /// The annotation's `id` in the file.
        public var id: Int64 { record.id }
        /// The index of its category in `categories`.
        public var category: Int { Int(record.category) }
        /// Its `bbox`, in pixels of the image.
        public var box: COCOBox {
            COCOBox(x: record.x, y: record.y, width: record.width, height: record.height)
        }
        /// Its `area`, in pixels.
        public var area: Double { record.area }
        /// Whether it is a crowd region: `iscrowd`.
        public var isCrowd: Bool { record.is_crowd != 0 }
        /// Whether the file marks it as ignored.
        public var isIgnored: Bool { record.is_ignored != 0 }

        /// Whether mmdetection trains on it: its box has sides of at least one pixel and overlaps
        /// an image of `size`, its area is over 0, and it is not ignored.
        public func isLearnable(in size: Size2D) -> Bool {
            box.overlapsImage(of: size) && record.area > 0 && record.width >= 1
                && record.height >= 1 && !isIgnored
        }
    }

    enum ShapeKind: UInt8 {
        case absent, hundredths, doubles, counts, text
    }

    /// The file that was parsed.
    public let path: String
    /// The categories, in the order of the file.
    public let categories: [Category]
    /// Warnings on the file that do not stop the work, with the first example of each kind.
    public let warnings: [DataError]
    private let file: IndexFile

    init(_ file: IndexFile, path: String, warnings: [DataError] = []) {
        self.file = file
        self.path = path
        let names = file.bytes(.names)
        categories = file.array(.categories, of: dk_coco_category.self).map {
            Category(id: $0.id, name: COCOIndex.text(names, $0.name_start, $0.name_length))
        }
        let lines = String(decoding: file.bytes(.warnings), as: UTF8.self).split(separator: "\n")
            .map(String.init)
        self.warnings =
            warnings
            + stride(from: 0, to: lines.count - 1, by: 2).map {
                DataError(path, lines[$0], remedy: lines[$0 + 1])
            }
    }

    private var images: UnsafeBufferPointer<dk_coco_image> { file.array(.pictures) }
    private var order: UnsafeBufferPointer<Int64> { file.array(.order) }
    private var firsts: UnsafeBufferPointer<Int64> { file.array(.firsts) }
    private var records: UnsafeBufferPointer<dk_coco_annotation> { file.array(.annotations) }

    /// The number of images in the file.
    public var imageCount: Int { images.count }

    /// The image at index `place` of the file's list, `0 ..< imageCount`.
    public func image(at place: Int) -> ImageEntry {
        precondition((0..<imageCount).contains(place), "there are \(imageCount) images")
        let image = images[place]
        return ImageEntry(
            id: image.id,
            name: COCOIndex.text(file.bytes(.names), image.name_start, image.name_length),
            size: Size2D(height: Int(image.height), width: Int(image.width)))
    }

    /// The annotations of the image at index `place` of the file's list, in the order of the file:
    /// crowds, and those that training skips, included.
    public func annotations(ofImage place: Int) -> [Annotation] {
        precondition((0..<imageCount).contains(place), "there are \(imageCount) images")
        return order[Int(firsts[place])..<Int(firsts[place + 1])].map {
            Annotation(record: records[Int($0)])
        }
    }

    /// The polygons or run lengths of an annotation; nil where the file has none for it.
    ///
    /// - Throws: `DataError` for run lengths that are not a valid mask.
    public func shape(of annotation: Annotation) throws -> SampleInstance.Shape? {
        var reader = reader(of: annotation)
        do {
            switch ShapeKind(rawValue: annotation.record.shape_kind) {
            case .hundredths: return .polygons(reader.polygons { $0.hundredths($1) })
            case .doubles: return .polygons(reader.polygons { $0.doubles($1) })
            case .counts: return .runLengths(try reader.counts())
            case .text: return .runLengths(try reader.compressed())
            case .absent, nil: return nil
            }
        } catch {
            throw DataError(
                path, "annotation \(annotation.id): \(error)",
                remedy: "correct its segmentation, or take it out")
        }
    }

    /// Whether an annotation of an image of `size` can give a mask to train on, as far as that is
    /// known without drawing it.
    public func mayHaveMask(_ annotation: Annotation, in size: Size2D) -> Bool {
        var reader = reader(of: annotation)
        return switch ShapeKind(rawValue: annotation.record.shape_kind) {
        case .hundredths, .doubles:
            reader.polygonLengths(annotation.record.shape_kind).contains {
                $0.isMultiple(of: 2) && $0 >= 6
            }
        case .counts, .text: reader.size() == size
        case .absent, nil: false
        }
    }

    private func reader(of annotation: Annotation) -> COCOShapeReader {
        COCOShapeReader(annotation.record, in: file.array(.words))
    }

    private static func text(_ names: UnsafeRawBufferPointer, _ start: Int64, _ length: Int64)
        -> String
    {
        String(decoding: names[Int(start)..<Int(start + length)], as: UTF8.self)
    }
}

extension COCOBox {
    /// Whether a part of it with an area lies in an image of `size`.
    func overlapsImage(of size: Size2D) -> Bool {
        let across = max(0, min(x + width, Double(size.width)) - max(x, 0))
        let down = max(0, min(y + height, Double(size.height)) - max(y, 0))
        return across * down != 0
    }
}
