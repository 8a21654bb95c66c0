namespace Quickstart;

/// <summary>The command line makes no sense; the message says where.</summary>
public sealed class UsageException(string message) : Exception(message);
