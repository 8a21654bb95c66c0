using System.Diagnostics;

namespace Mlops.Serving;

internal sealed partial class Predictor<TIn, TOut>
{
    /// <summary>Scores rows in one run where they may share one, else one by one. Each row has its answer or its own error afterwards; a call that was refused waits and goes on.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="answers">As many places.</param>
    /// <param name="options">Time and priority.</param>
    /// <param name="cancellationToken">Withdraws what waits.</param>
    /// <exception cref="ModelUnavailableException">No version serves.</exception>
    internal async Task ScoreAsync(IReadOnlyList<TIn> rows, Answer<TOut>[] answers, PredictionOptions options, CancellationToken cancellationToken)
    {
        if (rows.Count > 1 && await TryScoreTogetherAsync(rows, answers, options, cancellationToken).ConfigureAwait(false))
            return;

        for (int i = 0; i < rows.Count; i++)
            answers[i] = await ScoreAloneAsync(this, rows[i], options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Scores a row with any predictor.</summary>
    internal static async Task<Answer<TOut>> ScoreAloneAsync(IPredictor<TIn, TOut> predictor, TIn row, PredictionOptions options, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                ValueTask<Prediction<TOut>> call = predictor is Predictor<TIn, TOut> own
                    ? own.Predict(row, options, isRouted: false, cancellationToken)
                    : predictor.PredictAsync(row, options, cancellationToken);
                return new Answer<TOut>(await call.ConfigureAwait(false), Error: null);
            }
            catch (ModelOverloadedException overloaded)
            {
                TimeProvider time = (predictor as Predictor<TIn, TOut>)?.Time ?? TimeProvider.System;
                await Task.Delay(Pause(overloaded), time, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (!EndsAll(exception, cancellationToken))
            {
                return new Answer<TOut>(default, exception);
            }
        }
    }

    private TimeProvider Time => model.TimeProvider;

    /// <returns>False when the rows have to be scored one by one: they cannot share a run, or one of them spoils it for the others.</returns>
    private async Task<bool> TryScoreTogetherAsync(IReadOnlyList<TIn> rows, Answer<TOut>[] answers, PredictionOptions options, CancellationToken cancellationToken)
    {
        ModelSnapshot? snapshot = null;
        Activity? activity = null;
        long started = model.TimeProvider.GetTimestamp();
        try
        {
            snapshot = model.Acquire(options, isRouted: false, out Routing routing);
            if (snapshot.Version.CannotBatch is not null || snapshot.Executor.RowGroup is null || TryWrite(rows, snapshot.Signature) is not { } request)
                return false;

            activity = ServingTelemetry.StartPrediction(model.Name);
            var answer = new CallAnswer();
            started = await RunAsync(request, answer, snapshot, options, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < rows.Count; i++)
                answers[i] = Read(rows[i], request, answer, new Routing(routing.Deployment, key: null), snapshot, i, rows.Count, started);
            if (_telemetry.RecordsRequests)
                _telemetry.RecordRequest(model.Name, model.TimeProvider.GetElapsedTime(started));
            ServingTelemetry.Describe(activity, snapshot.Version, answer, model.TimeProvider);
            return true;
        }
        catch (Exception exception) when (snapshot is not null && !EndsAll(exception, cancellationToken))
        {
            // A fault of one row, or of the model: each row finds out for itself, and is counted then.
            ServingTelemetry.Describe(activity, exception);
            return false;
        }
        finally
        {
            snapshot?.Release();
            activity?.Dispose();
        }
    }

    /// <summary>Runs a request, waiting while the model has no room.</summary>
    /// <returns>Timestamp of the start of the try that was answered.</returns>
    private async Task<long> RunAsync(TensorRequest request, CallAnswer answer, ModelSnapshot snapshot, PredictionOptions options, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                long started = model.TimeProvider.GetTimestamp();
                var terms = CallTerms.Of(options, model.Options, started, model.TimeProvider);
                await snapshot.Executor.RunAsync(request, answer, terms, started, cancellationToken).ConfigureAwait(false);
                return started;
            }
            catch (ModelOverloadedException overloaded)
            {
                await Task.Delay(Pause(overloaded), model.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private TensorRequest? TryWrite(IReadOnlyList<TIn> rows, ModelSignature signature)
    {
        var request = new TensorRequest();
        foreach (TensorSpec spec in signature.Inputs)
        {
            long[] shape = [.. spec.Shape];
            shape[0] = rows.Count;
            request.AddInput(spec.Name, spec.Type, shape, checked(rows.Count * spec.BytesPerRow!.Value)).Clear();
        }

        try
        {
            for (int i = 0; i < rows.Count; i++)
                input.Write(rows[i], new ModelInputs(request, signature, i, rows.Count));
            return request;
        }
        catch (Exception)
        {
            return null;
        }
    }

    private Answer<TOut> Read(
        TIn row, TensorRequest request, CallAnswer answer, in Routing routing, ModelSnapshot snapshot, int index, int rows, long started)
    {
        var outputs = new ModelOutputs(answer, snapshot.Signature, snapshot.Output, index, rows);
        Prediction<TOut> prediction;
        try
        {
            prediction = new Prediction<TOut>(output.Read(outputs), PredictionId.Next(), snapshot.Version, routing.Variant);
        }
        catch (Exception exception)
        {
            return new Answer<TOut>(default, exception);
        }

        if (_observers.SeePredictions)
        {
            ReadOnlySpan<byte> features = request.Tensors[0].Bytes;
            int length = features.Length / rows;
            _observers.OnPrediction(
                snapshot, prediction.Id, routing, started, answer.QueueTicks, answer.ComputeTicks, features.Slice(index * length, length), outputs.Selected);
        }

        foreach (PredictionHandler<TIn, TOut> handler in handlers)
            Handle(handler, row, prediction);
        return new Answer<TOut>(prediction, Error: null);
    }

    // What is no fault of a row: nobody could answer any other either.
    private static bool EndsAll(Exception exception, CancellationToken cancellationToken) =>
        exception is ModelUnavailableException or ObjectDisposedException || (exception is OperationCanceledException && cancellationToken.IsCancellationRequested);

    private static TimeSpan Pause(ModelOverloadedException overloaded) =>
        overloaded.RetryAfter > TimeSpan.FromMilliseconds(1) ? overloaded.RetryAfter : TimeSpan.FromMilliseconds(1);
}

/// <summary>What became of one row.</summary>
internal readonly record struct Answer<TOut>(Prediction<TOut> Prediction, Exception? Error);
