@_exported import SeveralProcesses
