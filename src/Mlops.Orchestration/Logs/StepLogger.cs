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
        where TState : notnull => secrets.IsEmpty ? host.BeginScope(state) : host.BeginScope(secrets.Redact(Describe(state)));

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

    /// <summary>The lines that have not been stored, with the number of the first. They stay until <see cref="Kept"/> is told of them.</summary>
    public (int First, IReadOnlyList<StepLogLine> Lines) Read()
    {
        lock (_gate)
        {
            if (_dropped > 0 && _written + _lines.Count == MaximumLines)
            {
                // Said once, after the last line that is kept.
                _lines.Add(new StepLogLine(Attempt, time.GetUtcNow(), LogLevel.Warning, $"Further lines of the attempt are not kept: {MaximumLines} are."));
            }

            return (_written, [.. _lines]);
        }
    }

    /// <summary>The lines before a number are stored.</summary>
    public void Kept(int upTo)
    {
        lock (_gate)
        {
            if (upTo > _written)
            {
                _lines.RemoveRange(0, upTo - _written);
                _written = upTo;
            }
        }
    }

    /// <summary>A scope as text: of named values, each with its name.</summary>
    private static string Describe(object state) => state is IEnumerable<KeyValuePair<string, object?>> values && state.GetType().ToString() == state.ToString()
        ? string.Join(", ", values.Select(static value => $"{value.Key}:{value.Value}"))
        : state.ToString() ?? "";

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
