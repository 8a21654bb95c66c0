using System.Globalization;
using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class RunTransaction
{
    private const int MaximumRows = 16;

    /// <summary>The statement for so many entries.</summary>
    private static readonly string[] Inserts =
    [
        .. Enumerable.Range(0, MaximumRows + 1).Select(static rows =>
            "INSERT INTO orchestration_event (run_id, seq, at, kind, step_key, attempt, epoch, payload) VALUES "
            + string.Join(", ", Enumerable.Range(0, rows).Select(static row => string.Create(
                CultureInfo.InvariantCulture, $"(@run, @seq{row}, @at, @kind{row}, @key{row}, @attempt{row}, @epoch{row}, @payload{row})")))),
    ];

    private static readonly (string Seq, string Kind, string Key, string Attempt, string Epoch, string Payload)[] Names =
    [
        .. Enumerable.Range(0, MaximumRows).Select(static row => string.Create(CultureInfo.InvariantCulture, $"{row}"))
            .Select(static row => ("@seq" + row, "@kind" + row, "@key" + row, "@attempt" + row, "@epoch" + row, "@payload" + row)),
    ];

    /// <summary>Entries that are written together when the run's row is: others wait for that row meanwhile, so what counts is the number of statements.</summary>
    private readonly List<(long Sequence, RunEventKind Kind, string? Key, long? Attempt, long? Epoch, byte[]? Payload)> _entries = [];

    /// <summary>Adds an entry to the log; it is there once the run's row is written.</summary>
    public void Append(
        RunEventKind kind,
        string? key = null,
        long? attempt = null,
        long? epoch = null,
        long? value = null,
        string? detail = null,
        StoredPayload payload = default)
    {
        if (value is null && detail is null && payload.ContentHash is null)
        {
            // Most entries: half of what they cost is the binding of arguments.
            _entries.Add((NextSequence, kind, key, attempt, epoch, payload.Inline));
        }
        else
        {
            _session.Execute(
                """
                INSERT INTO orchestration_event
                    (run_id, seq, at, kind, step_key, attempt, epoch, value, detail, content_hash, content_length, payload)
                VALUES (@run, @seq, @at, @kind, @key, @attempt, @epoch, @value, @detail, @hash, @length, @payload)
                """,
                ("@run", RunId), ("@seq", NextSequence), ("@at", Now), ("@kind", (long)kind), ("@key", key), ("@attempt", attempt),
                ("@epoch", epoch), ("@value", value), ("@detail", detail), ("@hash", payload.ContentHash),
                ("@length", payload.ContentHash is null ? null : (long?)payload.Length), ("@payload", payload.Inline));
        }

        NextSequence++;
    }

    private void WriteEntries()
    {
        for (int done = 0; done < _entries.Count; done += MaximumRows)
        {
            int rows = int.Min(_entries.Count - done, MaximumRows);
            var arguments = new (string, SqlValue)[2 + (6 * rows)];
            arguments[0] = ("@run", RunId);
            arguments[1] = ("@at", Now);
            for (int row = 0; row < rows; row++)
            {
                (long sequence, RunEventKind kind, string? key, long? attempt, long? epoch, byte[]? payload) = _entries[done + row];
                Span<(string, SqlValue)> own = arguments.AsSpan(2 + (6 * row), 6);
                own[0] = (Names[row].Seq, sequence);
                own[1] = (Names[row].Kind, (long)kind);
                own[2] = (Names[row].Key, key);
                own[3] = (Names[row].Attempt, attempt);
                own[4] = (Names[row].Epoch, epoch);
                own[5] = (Names[row].Payload, payload);
            }

            _session.Execute(Inserts[rows], arguments);
        }

        _entries.Clear();
    }
}
