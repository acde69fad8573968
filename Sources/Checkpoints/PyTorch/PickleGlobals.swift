import DenseKitTorch

/// What a pickle may refer to by name, and what becomes of it here. Nothing is ever called: each is
/// a rule of `PickleReader`.
enum PickleGlobal: Equatable {
    /// `torch.FloatStorage` and its like.
    case storage(TorchElement)
    /// `torch.float32` and its like.
    case element(TorchElement)
    /// A dictionary, or a class that is one.
    case dictionary
    case rebuildTensor
    case rebuildTensorV2
    case rebuildTensorV3
    /// `_rebuild_parameter` and its like: the first argument.
    case first
    case rebuildFromType
    /// A function that makes a tensor in a form that is not read: what the tensor is.
    case rebuildUnread(String)
    /// The class of a TorchScript module.
    case script
    /// A function's name on mmengine's `HistoryBuffer`: Python writes its statistics so.
    case attribute
    case historyBuffer
    /// No weights need it and nothing is done with it, but files of weights hold it.
    case inert

    /// What `name` of the Python module `module` is; nil for everything that is not expected in a
    /// file of weights.
    init?(module: String, name: String) {
        // The longest are TorchScript's; comparing beyond would let a file repeat long names at no
        // cost.
        guard module.utf8.count + name.utf8.count <= 1024 else { return nil }
        if module == "__torch__" || module.hasPrefix("__torch__.") {
            self = .script
            return
        }
        guard let found = Self.known["\(module).\(name)"] else { return nil }
        self = found
    }

    private static let known: [String: PickleGlobal] = {
        var known: [String: PickleGlobal] = [
            "torch._utils._rebuild_tensor": .rebuildTensor,
            "torch._utils._rebuild_tensor_v2": .rebuildTensorV2,
            "torch._utils._rebuild_tensor_v3": .rebuildTensorV3,
            "torch._tensor._rebuild_from_type_v2": .rebuildFromType,
            "torch.storage.UntypedStorage": .storage(.untyped),
            "torch.UntypedStorage": .storage(.untyped),
            "mmengine.logging.history_buffer.HistoryBuffer": .historyBuffer,
        ]
        for name in firstArgument { known[name] = .first }
        for (name, form) in unreadForms { known["torch._utils.\(name)"] = .rebuildUnread(form) }
        for name in dictionaryNames { known[name] = .dictionary }
        for name in inertNames { known[name] = .inert }
        for module in ["builtins", "__builtin__"] {
            for name in inertBuiltins { known["\(module).\(name)"] = .inert }
            known["\(module).dict"] = .dictionary
            known["\(module).getattr"] = .attribute
        }
        for (name, dtype) in storages {
            known["torch.\(name)Storage"] = .storage(TorchElement(dtype))
            known["torch.cuda.\(name)Storage"] = .storage(TorchElement(dtype))
        }
        for dtype in DType.allCases { known["torch.\(dtype)"] = .element(TorchElement(dtype)) }
        for (name, dtype) in aliases { known["torch.\(name)"] = .element(TorchElement(dtype)) }
        for (name, size) in foreign {
            known["torch.\(name)"] = .element(TorchElement(name, size: size))
        }
        for (name, element, size) in foreignStorages {
            known["torch.\(name)Storage"] = .storage(TorchElement(element, size: size))
            known["torch.cuda.\(name)Storage"] = .storage(TorchElement(element, size: size))
        }
        return known
    }()

    private static let storages: [(String, DType)] = [
        ("Float", .float32), ("Half", .float16), ("BFloat16", .bfloat16), ("Double", .float64),
        ("Long", .int64), ("Int", .int32),
        ("Short", .int16), ("Char", .int8), ("Byte", .uint8), ("Bool", .bool),
    ]

    private static let aliases: [(String, DType)] = [
        ("float", .float32), ("half", .float16), ("double", .float64), ("long", .int64),
        ("int", .int32), ("short", .int16),
    ]

    /// The element types that the engine does not have, with their bytes.
    private static let foreign = [
        ("uint16", 2), ("uint32", 4), ("uint64", 8), ("float8_e4m3fn", 1), ("float8_e5m2", 1),
        ("float8_e4m3fnuz", 1),
        ("float8_e5m2fnuz", 1), ("float8_e8m0fnu", 1), ("float4_e2m1fn_x2", 1), ("complex32", 4),
        ("complex64", 8),
        ("complex128", 16), ("qint8", 1), ("quint8", 1), ("qint32", 4), ("quint4x2", 1),
        ("quint2x4", 1), ("bits8", 1),
        ("bits16", 2), ("bits1x8", 1), ("bits2x4", 1), ("bits4x2", 1),
    ]

    /// Storages of such types: `torch.QInt8Storage` and its like, with their element's name and
    /// bytes.
    private static let foreignStorages = [
        ("ComplexFloat", "complex64", 8), ("ComplexDouble", "complex128", 16),
        ("QInt8", "qint8", 1), ("QUInt8", "quint8", 1),
        ("QInt32", "qint32", 4), ("QUInt4x2", "quint4x2", 1), ("QUInt2x4", "quint2x4", 1),
    ]

    /// Functions of `torch._utils` that make other tensors than dense ones, and what those are.
    private static let unreadForms = [
        ("_rebuild_qtensor", "quantized"), ("_rebuild_sparse_tensor", "sparse"),
        ("_rebuild_sparse_csr_tensor", "sparse"),
        ("_rebuild_nested_tensor", "nested"),
        ("_rebuild_meta_tensor_no_storage", "without values, of the meta device"),
        ("_rebuild_device_tensor_from_numpy", "of a device that stores arrays of NumPy"),
        ("_rebuild_device_tensor_from_cpu_tensor", "of a device that stores copies"),
        ("_rebuild_wrapper_subclass", "of a subclass without memory of its own"),
    ]

    /// Functions that add to their first argument what is not used here: whether it is trained,
    /// hooks, a type for TorchScript.
    private static let firstArgument = [
        "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
        "torch.jit._pickle.build_intlist",
        "torch.jit._pickle.build_doublelist", "torch.jit._pickle.build_boollist",
        "torch.jit._pickle.build_tensorlist",
        "torch.jit._pickle.restore_type_tag", "torch.Size",
    ]

    private static let dictionaryNames = [
        "collections.OrderedDict", "collections.defaultdict", "collections.Counter",
        "addict.addict.Dict", "easydict.EasyDict",
        "mmcv.utils.config.ConfigDict", "mmengine.config.config.ConfigDict", "yacs.config.CfgNode",
        "fvcore.common.config.CfgNode",
        "detectron2.config.config.CfgNode",
    ]

    private static let inertBuiltins = [
        "set", "frozenset", "slice", "complex", "bytearray", "object", "range", "list", "tuple",
        "int", "float", "bool", "str",
        "bytes",
    ]

    private static let inertNames = [
        "_codecs.encode", "argparse.Namespace", "collections.deque", "copyreg._reconstructor",
        "copy_reg._reconstructor",
        "datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta",
        "datetime.timezone",
        "mmengine.logging.message_hub.MessageHub", "numpy.core.multiarray._reconstruct",
        "numpy._core.multiarray._reconstruct",
        "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar",
        "numpy.core.numeric._frombuffer",
        "numpy._core.numeric._frombuffer", "numpy.dtype", "numpy.ndarray", "pathlib.Path",
        "pathlib.PosixPath",
        "pathlib.PurePosixPath", "pathlib.PureWindowsPath", "pathlib.WindowsPath",
        "pathlib._local.Path",
        "pathlib._local.PosixPath", "pathlib._local.PurePosixPath", "pathlib._local.WindowsPath",
        "torch.Tensor", "torch.device",
        "torch.nn.parameter.Buffer", "torch.nn.parameter.Parameter", "torch.storage.TypedStorage",
        "torch.serialization._get_layout", "torch.per_tensor_affine", "torch.per_channel_affine",
        "torch.per_tensor_symmetric",
        "torch.per_channel_symmetric", "torch.per_channel_affine_float_qparams",
    ]
}

extension CheckpointError {
    /// A name that no weights need.
    static func unneeded(_ path: String, module: String, name: String) -> CheckpointError {
        let full = printable(module + "." + name)
        let isModule =
            module == "torch.nn" || module.hasPrefix("torch.nn.")
            || module.hasPrefix("torchvision.models.")
        return CheckpointError(
            path: path,
            problem: isModule
                ? "holds a whole pickled module (it asks for \(full)), not its weights alone"
                : "asks for \(full), which no weights need",
            remedy:
                "Nothing was run. Load it with PyTorch where you trust it, and save model.state_dict()."
        )
    }
}
