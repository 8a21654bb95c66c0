namespace Mlops.Serving;

/// <summary>Which columns of a CSV file are scored and written.</summary>
public sealed class CsvScoringOptions
{
    /// <summary>
    /// Columns that the model takes, in its order. <c>null</c> (the default): those with the names of the model's features, or, where it names none, all
    /// columns of the file, which then must be as many as it takes.
    /// </summary>
    public IReadOnlyList<string>? Features { get; set; }

    /// <summary>Columns of the file that are written with the answers; <c>null</c> (the default) for all.</summary>
    public IReadOnlyList<string>? Keep { get; set; }

    /// <summary>Outputs of the model that are written; <c>null</c> (the default) for all.</summary>
    public IReadOnlyList<string>? Outputs { get; set; }

    /// <summary>Whether an empty field is NaN, for models that know missing values; otherwise (the default) it is an error of its row.</summary>
    public bool EmptyIsNaN { get; set; }

    /// <summary>What separates fields; a comma by default.</summary>
    public char Separator { get; set; } = ',';

    /// <summary>How many rows at once.</summary>
    public ScoringOptions Scoring { get; set; } = new();

    /// <param name="options">The argument of the public method.</param>
    internal static void Validate(CsvScoringOptions options)
    {
        if (options.Separator is '"' or '\r' or '\n')
            throw new ArgumentException("A quote or the end of a line cannot separate fields.", nameof(options));
        if (options.Scoring is null)
            throw new ArgumentException($"{nameof(Scoring)} is null.", nameof(options));
        ScoringOptions.Validate(options.Scoring);
    }
}
