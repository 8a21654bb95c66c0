using System.Globalization;
using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

/// <summary>A loop: a group whose steps are made one after the other, each from the result of the one before.</summary>
internal abstract class RepeatNode(string key, Branch? branch, StepInput[] inputs, int maximumRounds)
    : ExpandNode(key, NodeKind.Repeat, branch, inputs)
{
    public const int MaximumRounds = 100_000;

    /// <summary>The item of a round: its number.</summary>
    public static ExpandedItem Item(int round)
    {
        string number = round.ToString(CultureInfo.InvariantCulture);
        return new ExpandedItem(number, System.Text.Encoding.UTF8.GetBytes(number));
    }

    public static int RoundOf(ReadOnlySpan<byte> item) => int.Parse(item, CultureInfo.InvariantCulture);

    /// <summary>The round after one whose result will not do; null when there may be none.</summary>
    public int? After(ReadOnlySpan<byte> item) => RoundOf(item) is var round && round < maximumRounds ? round + 1 : null;

    /// <summary>The key of the row that holds what a round begins with: the round before, or for the first one the loop itself.</summary>
    public string SourceOf(ReadOnlySpan<byte> item) => RoundOf(item) is var round && round == 1 ? Key : ItemKey(Key, Item(round - 1).Key);
}

internal sealed class RepeatNode<T>(string key, Branch? branch, StepInput<T> start, StepInput[] inputs, int maximumRounds)
    : RepeatNode(key, branch, inputs, maximumRounds)
{
    public JsonTypeInfo<T> TypeInfo { get; private set; } = null!;

    public override JsonTypeInfo ResultType => TypeInfo;

    public override string Signature => typeof(T).ToString();

    public override void ResolveTypes(TypeCatalog types, List<Type> missing) => TypeInfo = types.Resolve<T>(missing)!;

    public override Task<StepOutput> RunAsync(StepAttempt attempt) =>
        Task.FromResult(new StepOutput(StepJson.Serialize(start.Read(attempt), TypeInfo, Key)) { Items = [Item(1)] });
}
