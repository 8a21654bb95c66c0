using System.Globalization;

namespace Quickstart;

/// <summary>What the command line asks for.</summary>
public sealed record QuickstartArguments
{
    public const string Usage =
        """
        usage: Quickstart [explain DATE] [options]

          (nothing)          tune, serve, replay, retrain; a second start goes on where the first one ended
          explain DATE       which model, run, data and decision stand behind the prediction of that day
          --output FOLDER    database, artifacts, result.json and report.html; default ./mlops-quickstart
          --data FILE        another ridership file with the same columns
          --storage TEXT     a PostgreSQL connection string instead of SQLite; also read from MLOPS_STORAGE
          --chaos            run once undisturbed and once killed three times, and compare;
                             writes to the folders calm and killed below --output, which it empties first
        """;

    public string Output { get; init; } = "mlops-quickstart";

    public string Data { get; init; } = Path.Combine(AppContext.BaseDirectory, "data", "chicago_ridership.csv");

    /// <summary>Null for SQLite.</summary>
    public string? Storage { get; init; }

    public bool Chaos { get; init; }

    public DateOnly? Explain { get; init; }

    public bool Help { get; init; }

    /// <exception cref="UsageException">An argument is unknown, incomplete or malformed.</exception>
    public static QuickstartArguments Parse(IReadOnlyList<string> args)
    {
        string? fromEnvironment = Environment.GetEnvironmentVariable("MLOPS_STORAGE");
        var parsed = new QuickstartArguments { Storage = string.IsNullOrWhiteSpace(fromEnvironment) ? null : fromEnvironment };
        for (int i = 0; i < args.Count; i++)
        {
            parsed = args[i] switch
            {
                "explain" => parsed with { Explain = Date(Value(args, ref i)) },
                "--output" => parsed with { Output = Value(args, ref i) },
                "--data" => parsed with { Data = Value(args, ref i) },
                "--storage" => parsed with { Storage = Value(args, ref i) },
                "--chaos" => parsed with { Chaos = true },
                "--help" or "-h" => parsed with { Help = true },
                var other => throw new UsageException($"'{other}' is not known."),
            };
        }

        return parsed is { Chaos: true, Storage: not null }
            ? throw new UsageException("--chaos compares two runs in two SQLite files; leave out --storage and MLOPS_STORAGE.")
            : parsed;
    }

    private static string Value(IReadOnlyList<string> args, ref int i) =>
        i + 1 < args.Count && args[i + 1].Length > 0 ? args[++i] : throw new UsageException($"'{args[i]}' needs a value.");

    private static DateOnly Date(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date)
            ? date
            : throw new UsageException($"'{text}' is not a date of the form yyyy-MM-dd.");
}
