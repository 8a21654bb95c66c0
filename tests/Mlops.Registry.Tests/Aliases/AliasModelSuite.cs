using CsCheck;

namespace Mlops.Registry.Tests.Aliases;

public abstract class AliasModelSuite : RegistrySuite
{
    private enum Kind
    {
        Set,
        Remove,
        Rollback,
    }

    /// <summary>Random operations on one alias against a list of what it pointed to and a stack for rollbacks.</summary>
    [Test]
    public async Task An_alias_behaves_as_a_dictionary_with_a_memory()
    {
        await RegisterAsync(4);
        Gen<(Kind Kind, int Version, int Expected, int Minutes)[]> operations = Gen.Select(
            Gen.Frequency((6, Gen.Const(Kind.Set)), (1, Gen.Const(Kind.Remove)), (3, Gen.Const(Kind.Rollback))),
            Gen.Int[1, 5], Gen.Int[-1, 4], Gen.Int[-2, 5]).Array[1, 25];

        int sequence = 0;
        await operations.SampleAsync(async list => await RunAsync($"alias-{Interlocked.Increment(ref sequence)}", list), iter: 40, threads: 1);
    }

    private async Task RunAsync(string alias, (Kind Kind, int Version, int Expected, int Minutes)[] operations)
    {
        List<(int? Number, DateTimeOffset Time)> history = [];

        // What each entry stands for: itself, or the entry that a rollback restored.
        List<int> positions = [];
        foreach ((Kind kind, int version, int expected, int minutes) in operations)
        {
            Time.AdjustTime(Time.GetUtcNow() + TimeSpan.FromMinutes(minutes));
            int? current = history.Count == 0 ? null : history[^1].Number;
            int? wanted = expected switch { -1 => current, 0 => null, _ => expected };
            (Type? failure, int? number, int position) = Predict(kind, version, wanted, current, history, positions);
            AliasChange? change = null;
            Exception? thrown = null;
            try
            {
                change = kind switch
                {
                    Kind.Set => await Registry.SetAliasAsync("m", alias, version, wanted),
                    Kind.Remove => await Registry.RemoveAliasAsync("m", alias, wanted),
                    _ => await Registry.RollbackAsync("m", alias, from: wanted),
                };
            }
            catch (RegistryException exception)
            {
                thrown = exception;
            }

            Assert.That(thrown?.GetType(), Is.EqualTo(failure));
            if (change is not null)
            {
                Assert.That((change.Number, change.Previous, change.Sequence), Is.EqualTo((number, current, history.Count + 1L)));
                DateTimeOffset now = Time.GetUtcNow();
                history.Add((number, history.Count > 0 && history[^1].Time > now ? history[^1].Time : now));
                positions.Add(position);
            }

            Assert.That((await Registry.FindAsync(ModelReference.ToAlias("m", alias)))?.Number, Is.EqualTo(history.Count == 0 ? null : history[^1].Number));
        }

        Assert.That((await Registry.GetHistoryAsync("m", alias)).Select(change => (change.Number, change.At)), Is.EqualTo(history));
        foreach ((int? _, DateTimeOffset time) in history)
        {
            Assert.That((await Registry.FindLiveAtAsync("m", alias, time))?.Number, Is.EqualTo(history.Last(entry => entry.Time <= time).Number));
        }
    }

    private static (Type? Failure, int? Number, int Position) Predict(
        Kind kind, int version, int? wanted, int? current, List<(int? Number, DateTimeOffset Time)> history, List<int> positions)
    {
        // A rollback from null takes the alias as it is.
        if (wanted != current && !(kind == Kind.Rollback && wanted is null))
        {
            return (typeof(AliasConflictException), null, 0);
        }

        switch (kind)
        {
            case Kind.Set:
                return version > 4 ? (typeof(VersionNotFoundException), null, 0) : (null, version, history.Count);
            case Kind.Remove:
                return (null, null, history.Count);
            default:
                for (int i = history.Count == 0 ? -1 : positions[^1] - 1; i >= 0; i--)
                {
                    if (history[i].Number is { } earlier && earlier != current)
                    {
                        return (null, earlier, positions[i]);
                    }
                }

                return (history.Count == 0 ? typeof(AliasNotFoundException) : typeof(NoEarlierVersionException), null, 0);
        }
    }
}
