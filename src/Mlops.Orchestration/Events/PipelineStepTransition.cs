using System.Text;
using System.Text.Json;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>
/// A step has begun its first attempt, or is over: what a host's <see cref="Mlops.Storage.Outbox"/> is told in the same transaction, where it has a receiver
/// for it. A step begins once and ends once, whatever becomes of its attempts; steps that never begin (skipped, blocked, taken over in a rerun) are not told.
/// </summary>
public sealed record PipelineStepTransition
{
    /// <summary>The outbox topic of steps that begin.</summary>
    public const string StartedTopic = "orchestration.step.started";

    /// <summary>The outbox topic of steps that are over.</summary>
    public const string EndedTopic = "orchestration.step.ended";

    /// <summary>What it has read and made beyond so many of each is left out, and as much more as a message has no room for.</summary>
    public const int MaximumItems = 1_000;

    /// <summary>The run's number in its database.</summary>
    public required long RunId { get; init; }

    /// <summary>32 hexadecimal digits that no other run of any database has.</summary>
    public required string RunUid { get; init; }

    /// <summary>The pipeline's name.</summary>
    public required string Pipeline { get; init; }

    /// <summary>The step's key; of an item, <c>group[key]</c>.</summary>
    public required string Step { get; init; }

    /// <summary>Its name in the graph; of an item, <c>group[]</c>.</summary>
    public required string Node { get; init; }

    /// <summary>32 hexadecimal digits that no other step of any run has: its <see cref="StepContext.IdempotencyKey"/>.</summary>
    public required string StepUid { get; init; }

    /// <summary>
    /// <see cref="StepState.Running"/> when it begins; then <see cref="StepState.Succeeded"/>, <see cref="StepState.Failed"/>, or
    /// <see cref="StepState.Cancelled"/> when the run is over before the step.
    /// </summary>
    public required StepState State { get; init; }

    /// <summary>When it began or ended, by the database's clock, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The attempts that were started so far.</summary>
    public required int Attempts { get; init; }

    /// <summary>The run whose result it took over from the cache.</summary>
    public long? FromRun { get; init; }

    /// <summary>Why it failed.</summary>
    public StepFailureKind? FailureKind { get; init; }

    /// <summary>
    /// The failure's type and message as they are stored: values of secrets that the step has read are replaced, anything else is as the exception had it.
    /// </summary>
    public string? Error { get; init; }

    /// <summary>What it has read and made; empty when it begins, and when the run was over first.</summary>
    public IReadOnlyList<StepData> Data { get; init; } = [];

    /// <summary>Whether a topic is one of a step's.</summary>
    public static bool Is(string topic) => topic is StartedTopic or EndedTopic;

    /// <summary>Reads the payload of a message.</summary>
    /// <param name="json">The payload, UTF-8.</param>
    /// <exception cref="JsonException">It is not one of this type.</exception>
    public static PipelineStepTransition Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, TransitionContext.Default.PipelineStepTransition) ?? throw new JsonException("The payload of a step's transition is null.");

    /// <summary>A step must be able to end however long the names of what it used are.</summary>
    internal string ToJson()
    {
        PipelineStepTransition told = this with { Data = [.. Data.Where(static data => !data.IsOutput).Take(MaximumItems), .. Data.Where(static data => data.IsOutput).Take(MaximumItems)] };
        while (true)
        {
            string json = JsonSerializer.Serialize(told, TransitionContext.Default.PipelineStepTransition);
            if (Encoding.UTF8.GetByteCount(json) <= Outbox.MaximumPayloadBytes)
            {
                return json;
            }

            told = told with { Data = [.. told.Data.Where(static (_, i) => i % 2 == 0)] };
        }
    }
}
