using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Mlops.Storage;

namespace Server;

/// <summary>Why the server does not start, in one line for whoever typed the command.</summary>
internal sealed class StartFailure(string message) : Exception(message)
{
    /// <summary>The line for what is wrong with the command or around it; null for a fault of ours, which is shown whole.</summary>
    public static string? Explain(Exception exception) => exception switch
    {
        StartFailure or StorageException or OptionsValidationException => exception.Message,
        ArgumentException { ParamName: "connectionString" } => exception.Message.Replace(" (Parameter 'connectionString')", "", StringComparison.Ordinal),
        IOException { InnerException: AddressInUseException } => $"{exception.Message} Another server may be running there; choose another with --urls.",
        SocketException => $"it cannot listen at the address of --urls ({exception.Message}). Choose an address of this machine and a port that you may open.",
        _ => null,
    };
}
