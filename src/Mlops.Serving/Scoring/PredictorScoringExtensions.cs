using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Mlops.Serving;

/// <summary>Answers to many rows, by the engine that answers one.</summary>
public static class PredictorScoringExtensions
{
    /// <summary>As <see cref="ScoreAsync{TSource, TIn, TOut}(IPredictor{TIn, TOut}, IAsyncEnumerable{TSource}, Func{TSource, TIn}, ScoringOptions?, CancellationToken)"/>, for rows that come as the predictor takes them.</summary>
    public static IAsyncEnumerable<ScoredRow<TIn, TOut>> ScoreAsync<TIn, TOut>(
        this IPredictor<TIn, TOut> predictor, IAsyncEnumerable<TIn> rows, ScoringOptions? options = null, CancellationToken cancellationToken = default) =>
        predictor.ScoreAsync(rows, static row => row, options, cancellationToken);

    /// <summary>
    /// Scores rows as they come and gives their answers in the same order. The source is read only as fast as the answers are taken. A row that fails has an error in its
    /// place, and the others are not concerned; a model that has no room is waited for. Each answer is of one version, the one that served at its run, and is
    /// seen by observers like any other: what they should not see is scored by a <see cref="ModelServer"/> of its own.
    /// </summary>
    /// <typeparam name="TSource">What a row comes as.</typeparam>
    /// <typeparam name="TIn">What the predictor takes.</typeparam>
    /// <typeparam name="TOut">Type of the answers.</typeparam>
    /// <param name="predictor">Any predictor; rows share runs with those of this package.</param>
    /// <param name="sources">
    /// The rows. What it throws is thrown here, after the answers to the rows before. When the answers are no longer read, it is told by its cancellation token, and waited for.
    /// </param>
    /// <param name="row">Makes a row; what it throws is that row's error. Called once for each, from several threads where runs are parallel.</param>
    /// <param name="options">How many at once; <c>null</c> for the defaults.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="ModelUnavailableException">While the answers are read: no version serves.</exception>
    /// <exception cref="ObjectDisposedException">While the answers are read: the server has been disposed.</exception>
    public static IAsyncEnumerable<ScoredRow<TSource, TOut>> ScoreAsync<TSource, TIn, TOut>(
        this IPredictor<TIn, TOut> predictor, IAsyncEnumerable<TSource> sources, Func<TSource, TIn> row, ScoringOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(row);
        options ??= new ScoringOptions();
        ScoringOptions.Validate(options);
        return Iterate(predictor, sources, row, options, cancellationToken);
    }

    /// <summary>
    /// Answers the messages of a stream at least once each: a message is acknowledged when its answer has been handled, one after the other in their order. What was under way when this
    /// ends, by cancellation or because a callback threw, is not acknowledged, and comes again if the stream brings it again.
    /// </summary>
    /// <typeparam name="TMessage">A message.</typeparam>
    /// <typeparam name="TIn">What the predictor takes.</typeparam>
    /// <typeparam name="TOut">Type of the answers.</typeparam>
    /// <param name="predictor">Any predictor.</param>
    /// <param name="messages">The stream.</param>
    /// <param name="row">Makes the row of a message; what it throws is the row's error.</param>
    /// <param name="answer">Handles an answer, or the error of a row, which would be the same if it came again.</param>
    /// <param name="acknowledge">Tells the stream that it need not bring the message again.</param>
    /// <param name="options">How many at once; <c>null</c> for the defaults.</param>
    /// <param name="cancellationToken">Ends it with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>How many were acknowledged, once the stream has ended.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public static async Task<ScoringProgress> ConsumeAsync<TMessage, TIn, TOut>(
        this IPredictor<TIn, TOut> predictor, IAsyncEnumerable<TMessage> messages, Func<TMessage, TIn> row,
        Func<ScoredRow<TMessage, TOut>, CancellationToken, ValueTask> answer, Func<TMessage, CancellationToken, ValueTask> acknowledge,
        ScoringOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(acknowledge);
        long rows = 0, failed = 0;
        await foreach (ScoredRow<TMessage, TOut> scored in predictor.ScoreAsync(messages, row, options, cancellationToken).ConfigureAwait(false))
        {
            await answer(scored, cancellationToken).ConfigureAwait(false);
            await acknowledge(scored.Source, cancellationToken).ConfigureAwait(false);
            rows++;
            failed += scored.Error is null ? 0 : 1;
        }

        return new ScoringProgress(rows, failed);
    }

    private static async IAsyncEnumerable<ScoredRow<TSource, TOut>> Iterate<TSource, TIn, TOut>(
        IPredictor<TIn, TOut> predictor, IAsyncEnumerable<TSource> sources, Func<TSource, TIn> row, ScoringOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reader = new RowReader<TSource>(sources.GetAsyncEnumerator(ending.Token), options.MaximumRows);
        var underWay = new Queue<Task<ScoredRow<TSource, TOut>[]>>();
        Task<List<TSource>?>? reading = null;
        ExceptionDispatchInfo? failure = null;
        bool isOver = false;
        long next = 0;
        try
        {
            while (true)
            {
                if (reading is null && !isOver && underWay.Count < options.Parallelism)
                    reading = reader.ReadAsync();
                if (reading is null && underWay.Count == 0)
                    break;

                bool answersFirst = reading is null
                    || (underWay.Count > 0 && !reading.IsCompleted && await Task.WhenAny(underWay.Peek(), reading).ConfigureAwait(false) == underWay.Peek());
                if (answersFirst)
                {
                    foreach (ScoredRow<TSource, TOut> scored in await underWay.Dequeue().ConfigureAwait(false))
                        yield return scored;
                    continue;
                }

                try
                {
                    if (await reading!.ConfigureAwait(false) is { } rows)
                    {
                        long first = next;
                        next += rows.Count;
                        underWay.Enqueue(Task.Run(() => ScoreAsync(predictor, rows, first, row, options.Call, ending.Token), CancellationToken.None));
                    }
                    else
                    {
                        isOver = true;
                    }
                }
                catch (Exception exception)
                {
                    failure = ExceptionDispatchInfo.Capture(exception);
                    isOver = true;
                }

                reading = null;
            }

            failure?.Throw();
        }
        finally
        {
            // Whoever stops reading the answers leaves neither runs nor the source behind.
            await ending.CancelAsync().ConfigureAwait(false);
            if (reading is not null)
                await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (Task scoring in underWay)
                await scoring.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await reader.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<ScoredRow<TSource, TOut>[]> ScoreAsync<TSource, TIn, TOut>(
        IPredictor<TIn, TOut> predictor, List<TSource> sources, long first, Func<TSource, TIn> row, PredictionOptions options, CancellationToken cancellationToken)
    {
        var scored = new ScoredRow<TSource, TOut>[sources.Count];
        List<TIn> rows = new(sources.Count);
        List<int> places = new(sources.Count);
        for (int i = 0; i < sources.Count; i++)
        {
            try
            {
                rows.Add(row(sources[i]));
                places.Add(i);
            }
            catch (Exception exception)
            {
                scored[i] = new ScoredRow<TSource, TOut>(first + i, sources[i], exception);
            }
        }

        var answers = new Answer<TOut>[rows.Count];
        if (predictor is Predictor<TIn, TOut> own)
            await own.ScoreAsync(rows, answers, options, cancellationToken).ConfigureAwait(false);
        else
            for (int i = 0; i < answers.Length; i++)
                answers[i] = await Predictor<TIn, TOut>.ScoreAloneAsync(predictor, rows[i], options, cancellationToken).ConfigureAwait(false);

        for (int i = 0; i < answers.Length; i++)
        {
            int place = places[i];
            scored[place] = answers[i].Error is { } error
                ? new ScoredRow<TSource, TOut>(first + place, sources[place], error)
                : new ScoredRow<TSource, TOut>(first + place, sources[place], answers[i].Prediction);
        }

        return scored;
    }
}
