using Mlops.Serving;

namespace Quickstart;

/// <summary>Other callers of the model: they ask all the time, whatever is being swapped.</summary>
public sealed class BackgroundClient(IPredictor<ReadOnlyMemory<float>, float> predictor, IReadOnlyList<float[]> rows)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    /// <summary>Requests that were answered.</summary>
    public long Answered { get; private set; }

    /// <summary>Requests that failed, or were answered with something that is no number.</summary>
    public long Failed { get; private set; }

    /// <summary>Versions that answered.</summary>
    public int Versions { get; private set; }

    /// <summary>Asks until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        HashSet<long> versions = [];
        for (int i = 0; !cancellationToken.IsCancellationRequested; i = (i + 1) % rows.Count)
        {
            try
            {
                Prediction<float> prediction = await predictor.PredictAsync(rows[i], CancellationToken.None);
                versions.Add(prediction.Version.Number);
                Versions = versions.Count;
                if (float.IsFinite(prediction.Value))
                    Answered++;
                else
                    Failed++;
                await Task.Delay(Pause, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The replay is over.
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                Failed++;
            }
        }
    }
}
