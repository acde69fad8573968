import DenseKitCore
import Foundation

/// COCO for detection and instance segmentation (Lin et al., ECCV 2014): 118,287 images for
/// training, 5,000 for validation, 80 classes; or the user's own data in its format.
///
///     root/annotations/instances_{train,val}2017.json
///     root/{train,val}2017/*.jpg
///
/// Training uses what mmdetection 2 uses: images without annotations of the classes, or with a side
/// under 32 pixels, are left out; crowds become ignored boxes; boxes outside the image, with a side
/// under one pixel or without area are skipped. Where masks are wanted, an annotation whose
/// segmentation is not usable (`SegmentationFault`) becomes an ignored box too.
public struct COCODetection: InstanceDataset {
    /// The parts of COCO 2017: 118,287 images for training and 5,000 for validation.
    public enum Split: String, Codable, Sendable, CaseIterable {
        /// `train2017`, 118,287 images.
        case train
        /// `val2017`, 5,000 images.
        case val
    }

    /// The settings: where the images and annotations are, and which classes are read.
    public struct Configuration: DatasetSettings {
        /// The folder of the data set; `~` is expanded.
        public var root = "data/coco"
        /// The part that is read; it names the default files and decides the default of
        /// `filterEmpty`.
        public var split = Split.train
        /// The annotation file, relative to `root`; nil for
        /// `annotations/instances_<split>2017.json`.
        public var annotations: String?
        /// The folder of images, relative to `root`; nil for `<split>2017`.
        public var images: String?
        /// The classes by their names in the annotation file, in the order wanted, or the path of a
        /// YAML file that lists them; nil for COCO's 80. Annotations of other categories are left
        /// out.
        public var classes: ClassesSetting?
        /// Whether instances are read with masks, instead of with boxes alone.
        public var masks = false
        /// Whether images without annotations of the classes, or with a side under 32 pixels, are
        /// left out; nil: for `train` alone.
        public var filterEmpty: Bool?
        /// Whether the orientation in an image's EXIF data is applied: `apply` as OpenCV does, or
        /// `ignore` as Pillow does.
        public var exif = ImagePolicy.Exif.apply
        /// What happens to a JPEG file that ends early or is corrupt: `error`, or `accept`, which
        /// fills the rest with grey.
        public var truncated = ImagePolicy.Truncated.error

        public init() {}

        /// How images are read, as `exif` and `truncated` define.
        public var imagePolicy: ImagePolicy { ImagePolicy(exif: exif, truncated: truncated) }

        /// The classes of the setting `classes`, else COCO's 80, each in COCO's colour where it has
        /// one.
        ///
        /// - Throws: `SettingError` for names that are empty or not unique, and what reading a file
        ///   of names throws.
        public func knownClasses() throws -> ClassList? { try classList() }

        func classList() throws -> ClassList {
            guard let names = try classes?.resolved("COCODetection") else { return benchmark }
            let colors = Dictionary(uniqueKeysWithValues: zip(benchmark.names, benchmark.palette))
            return ClassList(
                names: names, palette: names.enumerated().map { colors[$1] ?? ClassList.color($0) })
        }
    }

    /// The classes in the order that the model numbers them.
    public let classes: ClassList
    /// The category id of each class in the annotation file.
    public let categoryIDs: [Int64]
    /// Warnings about the data set as a whole, such as images that are left out and annotations
    /// that training cannot use.
    public let warnings: [DataError]
    /// Whether samples come with instance masks, instead of with boxes alone.
    public let hasMasks: Bool
    private let index: COCOIndex
    private let files: NamedFiles
    private let policy: ImagePolicy
    /// The class of each category of the file.
    private let labels: [Int?]
    /// The positions of the images in the file.
    private let places: [Int]

    /// Reads the annotation file, or its index where one is cached.
    ///
    /// - Throws: `SettingError` for classes that the file does not have, `DataError` for files that
    ///   are not as described.
    public init(_ configuration: Configuration) throws { try self.init(configuration, cache: nil) }

    /// - Parameter cache: where the index is stored; in the user's cache if nil.
    init(_ configuration: Configuration, cache: String?) throws {
        let root = configuration.root
        let file = path(
            configuration.annotations ?? "annotations/instances_\(configuration.split)2017.json",
            below: root)
        let folder = path(configuration.images ?? "\(configuration.split)2017", below: root)
        let layout =
            "expected the annotations in \(file) and images in \(folder); set root to where the data is, or annotations and images"
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: file) else {
            throw DataError(file, "no such file", remedy: layout)
        }
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder),
            isFolder.boolValue
        else {
            throw DataError(folder, "no such folder", remedy: layout)
        }
        index = try COCOIndex(file, cache: cache)
        classes = try configuration.classList()
        (categoryIDs, labels) = try COCODetection.categories(of: classes.names, index)
        files = NamedFiles(folder)
        hasMasks = configuration.masks
        policy = configuration.imagePolicy
        let filters = configuration.filterEmpty ?? (configuration.split == .train)
        places = COCODetection.usedPlaces(index, labels, filters: filters)
        guard !places.isEmpty else {
            let small = COCODetection.annotated(index, labels).count
            throw DataError(
                file,
                small == 0
                    ? "has no image with annotations of the classes"
                    : "has \(small) images with annotations of the classes, but all of them have a side under 32 pixels",
                remedy: small == 0
                    ? "set classes to names that the file has, or filter_empty: false"
                    : "scale them up, or set filter_empty: false")
        }
        let left = index.imageCount - places.count
        let filtered = DataError(
            file,
            "lists \(index.imageCount) images, of which \(left) have no annotation of the classes or a side under 32 pixels",
            remedy: "these are left out; filter_empty: false keeps them")
        let unused =
            configuration.split == .train
            ? COCODetection.unused(index, labels, places, masks: hasMasks) : []
        warnings = index.warnings + (left > 0 ? [filtered] : []) + unused
    }

    /// The warning where training uses no annotation, or where masks are needed and some
    /// annotations have none.
    private static func unused(_ index: COCOIndex, _ labels: [Int?], _ places: [Int], masks: Bool)
        -> [DataError]
    {
        var all = 0
        var learnable = 0
        var without = FindingCount()
        for place in places {
            let size = index.image(at: place).size
            for annotation in index.annotations(ofImage: place)
            where labels[annotation.category] != nil {
                all += 1
                guard !annotation.isCrowd, annotation.isLearnable(in: size) else { continue }
                learnable += 1
                if masks, !index.mayHaveMask(annotation, in: size) {
                    without.add("annotation \(annotation.id)")
                }
            }
        }
        if all > 0, learnable == 0 {
            return [
                DataError(
                    index.path,
                    "has no annotation to train on: all \(all) are crowds, or have no box or area that can be",
                    remedy:
                        "a model trained on them predicts the background alone; \(Term.check) says what is wrong"
                )
            ]
        }
        guard without.count > 0 else { return [] }
        return [
            DataError(
                index.path,
                "has \(without.count) of \(learnable) annotations without a segmentation that can be trained on (\(without.examples))",
                remedy:
                    "nothing is trained on these, and \(Term.check) says what is wrong with them")
        ]
    }

    /// The numbers of the classes' categories, and for every category of the file its class. Spaces
    /// around a name, and its invisible characters do not count.
    private static func categories(of names: [String], _ index: COCOIndex) throws -> (
        ids: [Int64], labels: [Int?]
    ) {
        let categories = index.categories.map { ClassName.cleaned($0.name) }
        let places = Dictionary(grouping: categories.indices) { categories[$0] }
        guard let lost = names.first(where: { places[$0]?.count != 1 }) else {
            let found = names.compactMap { places[$0]?.first }
            var labels = [Int?](repeating: nil, count: categories.count)
            for (label, place) in found.enumerated() { labels[place] = label }
            return (found.map { index.categories[$0].id }, labels)
        }
        if let several = places[lost] {
            let ids = several.map { "\(index.categories[$0].id)" }.joined(separator: " and ")
            throw DataError(
                index.path,
                "has the name `\(lost)` for the categories \(ids), which differ in spaces or invisible characters alone",
                remedy: "make them one category, or rename one")
        }
        let known = categories.prefix(100).joined(separator: ", ")
        throw SettingError(
            "COCODetection", "classes",
            "\(index.path) has no category `\(lost)`; it has \(known.isEmpty ? "none" : known): list those wanted in classes"
        )
    }

    private static func usedPlaces(_ index: COCOIndex, _ labels: [Int?], filters: Bool) -> [Int] {
        guard filters else { return Array(0..<index.imageCount) }
        return annotated(index, labels).filter { index.image(at: $0).size.shortSide >= 32 }
    }

    /// The images with annotations of the classes.
    private static func annotated(_ index: COCOIndex, _ labels: [Int?]) -> [Int] {
        (0..<index.imageCount).filter { place in
            index.annotations(ofImage: place).contains { labels[$0.category] != nil }
        }
    }

    /// The number of images, without those that are left out.
    public var count: Int { places.count }

    /// The id of image `index` in the annotation file, which result files refer to.
    public func imageID(at index: Int) -> Int64 { self.index.image(at: places[index]).id }

    /// The name of image `index` in the annotation file.
    public func name(at index: Int) -> String? { self.index.image(at: places[index]).name }

    /// The size of image `index` in pixels, as the annotation file gives it.
    public func size(at index: Int) -> Size2D? { self.index.image(at: places[index]).size }

    /// The annotations of the classes in image `index`, crowds and those that training skips
    /// included, in pixels of the image file. Evaluation compares predictions with them; the image
    /// is not read.
    ///
    /// - Parameters:
    ///   - index: the image's place in the data set
    ///   - shapes: whether segmentations are read, too
    /// - Throws: `DataError` for an annotation file that cannot be read. An invalid segmentation is
    ///   nil, and `shapeProblem` gives the reason.
    public func annotations(at index: Int, shapes: Bool) throws -> [AnnotatedInstance] {
        try self.index.annotations(ofImage: places[index]).compactMap {
            try instance($0, shapes: shapes)
        }
    }

    /// What the file defines of an instance; nil for one of another class.
    private func instance(_ annotation: COCOIndex.Annotation, shapes: Bool) throws
        -> AnnotatedInstance?
    {
        guard let label = labels[annotation.category] else { return nil }
        var instance = AnnotatedInstance(
            id: annotation.id, label: label, box: annotation.box, area: annotation.area,
            isCrowd: annotation.isCrowd)
        instance.isIgnored = annotation.isIgnored
        guard shapes else { return instance }
        do {
            instance.shape = try index.shape(of: annotation)
        } catch let error as DataError {
            instance.shapeProblem = error.problem
        }
        return instance
    }

    /// The path of the annotation file.
    public var annotationPath: String? { index.path }

    /// Reads image `index` and the instances that training uses, with masks where `hasMasks` is
    /// set.
    ///
    /// - Throws: `DataError` for an image that cannot be read or whose size is not that of the
    ///   annotation file.
    public func sample(at index: Int) throws -> DataSample {
        let picture = self.index.image(at: places[index])
        let path = try files.path(picture.name, namedBy: self.index.path)
        let (image, traits) = try ImageFile.readWithTraits(path, policy: policy)
        guard image.size == picture.size else {
            throw SizeMismatch.instances(picture.size).error(path, image, traits, policy)
        }
        let learnable = self.index.annotations(ofImage: places[index]).filter {
            $0.isLearnable(in: picture.size)
        }
        // Run lengths that are no mask are as good as none; `check` names them.
        let instances = try learnable.compactMap { try instance($0, shapes: hasMasks) }.map {
            SampleInstance($0)
        }
        return DataSample(
            name: picture.name, image: image, instances: instances, wantsMasks: hasMasks,
            traits: traits)
    }
}

extension COCODetection {
    /// COCO's 80 classes in the order of their ids, in mmsegmentation's colours for COCO-Stuff.
    public static let benchmark = ClassList(
        names: Array(COCOStuff.benchmark.names.prefix(80)),
        palette: Array(COCOStuff.benchmark.palette.prefix(80)))
}
