import CDenseKitZlib
import Foundation

/// The contents of the gzip file at `path`.
///
/// - Parameter limit: of the packed and of the unpacked size, in bytes; a small file may unpack to
///   gigabytes.
/// - Throws: `TokenizerError.unreadable`.
func gunzipped(path: String, limit: Int) throws(TokenizerError) -> [UInt8] {
    func unreadable(_ problem: String) -> TokenizerError {
        .unreadable(path: path, problem: problem)
    }
    var status = stat()
    // Opening a pipe would wait for a writer.
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
        throw unreadable("is not a regular file")
    }
    let packed: Data
    do {
        let handle = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? handle.close() }
        packed = try handle.read(upToCount: limit + 1) ?? Data()
    } catch {
        throw unreadable("cannot be read (\((error as NSError).localizedDescription))")
    }
    guard packed.count <= limit else { throw unreadable("is larger than \(limit) bytes") }
    return try gunzipped([UInt8](packed), limit: limit, path: path)
}

/// `packed` unpacked: exactly one gzip member whose checksum holds. `path` is for the error.
func gunzipped(_ packed: [UInt8], limit: Int, path: String) throws(TokenizerError) -> [UInt8] {
    func unreadable(_ problem: String) -> TokenizerError {
        .unreadable(path: path, problem: problem)
    }
    guard packed.starts(with: [0x1f, 0x8b]) else { throw unreadable("is not a gzip file") }
    var stream = z_stream()
    let gzipOnly = MAX_WBITS + 16
    guard inflateInit2_(&stream, gzipOnly, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else {
        throw unreadable("cannot be unpacked (zlib does not start)")
    }
    defer { inflateEnd(&stream) }

    var input = packed
    var output: [UInt8] = []
    var status = Z_OK
    input.withUnsafeMutableBufferPointer { input in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(clamping: input.count)
        while status == Z_OK, output.count <= limit {
            let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 18) { buffer, count in
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(clamping: buffer.count)
                status = inflate(&stream, Z_NO_FLUSH)
                count = buffer.count - Int(stream.avail_out)
            }
            output += chunk
        }
    }
    guard output.count <= limit else { throw unreadable("unpacks to more than \(limit) bytes") }
    switch status {
    case Z_STREAM_END where stream.avail_in == 0: return output
    case Z_STREAM_END:
        throw unreadable("has \(stream.avail_in) bytes behind the end of its gzip data")
    case Z_BUF_ERROR: throw unreadable("ends in the middle of its gzip data")
    default: throw unreadable("has damaged gzip data")
    }
}
