using Microsoft.Extensions.Logging;

namespace Mlops.Orchestration.Tests;

/// <summary>What steps of tests log.</summary>
internal static partial class TestLog
{
    [LoggerMessage(1, LogLevel.Information, "attempt {Attempt} <b>")]
    public static partial void Begins(ILogger logger, int attempt);

    [LoggerMessage(2, LogLevel.Warning, "{Text}")]
    public static partial void Warns(ILogger logger, Exception? exception, string text);

    [LoggerMessage(3, LogLevel.Information, "connects with {Secret}")]
    public static partial void Connects(ILogger logger, string secret);
}
