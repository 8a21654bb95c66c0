using Microsoft.Extensions.Logging;

namespace Mlops.Orchestration;

/// <summary>
/// What an attempt logs: handed on to the host's logging, and kept with the step up to a bound. Values that the attempt has read as secrets
/// reach neither.
/// </summary>
internal sealed class StepLogger(ILogger host, TimeProvider time, StepSecrets secrets) : ILogger
{
    /// <summary>The lines that are kept of an attempt, the first ones.</summary>
    public const int MaximumLines = 200;

    private readonly Lock _gate = new();
    private readonly List<StepLogLine> _lines = [];
    private int _written;
    private int _dropped;

    public int Attempt { get; init; }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => host.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information || (logLevel != LogLevel.None && host.IsEnabled(logLevel));

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        if (secrets.IsEmpty)
        {
            host.Log(logLevel, eventId, state, exception, formatter);
        }

        if (!IsEnabled(logLevel))
        {
            return;
        }

        string text = formatter(state, exception);
        string message = StoredText.Clean(secrets.Redact(exception is null ? text : $"{text} {exception.GetType()}: {exception.Message}"));
        if (!secrets.IsEmpty && host.IsEnabled(logLevel))
        {
            // Without the values that the message was made from, and without the exception: both may hold a secret.
            host.Log(logLevel, eventId, (KeyValuePair<string, object?>[])[new("Message", message)], null, static (values, _) => (string)values[0].Value!);
        }

        if (logLevel >= LogLevel.Information)
        {
            Keep(new StepLogLine(Attempt, time.GetUtcNow(), logLevel, message));
        }
    }

    /// <summary>The lines that have not been stored, with the number of the first.</summary>
    public (int First, IReadOnlyList<StepLogLine> Lines) Take()
    {
        lock (_gate)
        {
            if (_dropped > 0 && _written + _lines.Count == MaximumLines)
            {
                // Said once, after the last line that is kept; later takes find nothing.
                _lines.Add(new StepLogLine(Attempt, time.GetUtcNow(), LogLevel.Warning, $"Further lines of the attempt are not kept: {MaximumLines} are."));
            }

            (int First, IReadOnlyList<StepLogLine> Lines) taken = (_written, [.. _lines]);
            _written += _lines.Count;
            _lines.Clear();
            return taken;
        }
    }

    private void Keep(StepLogLine line)
    {
        lock (_gate)
        {
            if (_written + _lines.Count < MaximumLines)
            {
                _lines.Add(line);
            }
            else
            {
                _dropped++;
            }
        }
    }
}
