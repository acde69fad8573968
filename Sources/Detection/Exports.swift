@_exported import Components
