namespace Mlops.Serving;

/// <summary>A row and its answer, or why it has none.</summary>
/// <typeparam name="TSource">What the row came as.</typeparam>
/// <typeparam name="TOut">Type of the answer.</typeparam>
public readonly struct ScoredRow<TSource, TOut>
{
    private readonly Prediction<TOut> _prediction;

    internal ScoredRow(long index, TSource source, Prediction<TOut> prediction)
    {
        Index = index;
        Source = source;
        _prediction = prediction;
    }

    internal ScoredRow(long index, TSource source, Exception error)
    {
        Index = index;
        Source = source;
        Error = error;
    }

    /// <summary>Position among the rows, from 0 on.</summary>
    public long Index { get; }

    /// <summary>What the row came as.</summary>
    public TSource Source { get; }

    /// <summary>Why there is no answer; <c>null</c> when there is one.</summary>
    public Exception? Error { get; }

    /// <summary>The answer.</summary>
    /// <exception cref="InvalidOperationException">There is none; the inner exception is <see cref="Error"/>.</exception>
    public Prediction<TOut> Prediction => Error is null ? _prediction : throw new InvalidOperationException($"Row {Index} has no answer: {Error.Message}", Error);
}

/// <summary>How far scoring has come.</summary>
/// <param name="Rows">Rows that were scored.</param>
/// <param name="Failed">Of these, rows without an answer.</param>
public readonly record struct ScoringProgress(long Rows, long Failed);
