using System.Diagnostics;
using System.Globalization;

namespace Mlops.Storage.Conformance;

/// <summary>What a test assembly does when it is started as a child process, to be killed or to compete.</summary>
public static class StorageWorker
{
    public static readonly MigrationSet Migrations = new("grown",
    [
        new Migration(1, "CREATE TABLE grown_row (id {int} NOT NULL PRIMARY KEY) {keyed};"),
        new Migration(2, "ALTER TABLE grown_row ADD COLUMN note {text};"),
    ]);

    public static async Task<int> RunAsync(IStorageEngine engine, string[] arguments)
    {
        await using Database database = engine.Connect(arguments[1], null);
        database.Require(Migrations);
        await (arguments[0] switch
        {
            "open" => OpenAsync(database),
            "write" => WriteAsync(database, long.Parse(arguments[2], CultureInfo.InvariantCulture), Enum.Parse<Durability>(arguments[3])),
            "upload" => UploadAsync(database, arguments[2]),
            "saturate" => SaturateAsync(database, long.Parse(arguments[2], CultureInfo.InvariantCulture), TimeSpan.Parse(arguments[3], CultureInfo.InvariantCulture), TimeSpan.Parse(arguments[4], CultureInfo.InvariantCulture)),
            _ => throw new ArgumentException($"No worker is named '{arguments[0]}'.", nameof(arguments)),
        });
        return 0;
    }

    /// <summary>Opens the database when it is told to, and stays until it is killed or its input ends.</summary>
    private static async Task OpenAsync(Database database)
    {
        Say("ready");
        await Console.In.ReadLineAsync();
        await database.OpenAsync();
        Say("opened");
        await Console.In.ReadLineAsync();
    }

    /// <summary>Sixteen producers write rows and print the number of each one that was acknowledged, without end.</summary>
    private static async Task WriteAsync(Database database, long first, Durability durability)
    {
        long next = first;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            while (true)
            {
                long id = Interlocked.Increment(ref next);
                await InsertAsync(database, id, durability);
                Say(id.ToString(CultureInfo.InvariantCulture));
            }
        }));
    }

    /// <summary>Uploads the bytes of <see cref="UploadedByte"/> in pieces of odd sizes and prints the session, then every offset that was acknowledged, without end.</summary>
    private static async Task UploadAsync(Database database, string folder)
    {
        var catalog = new ArtifactCatalog(database, new FileArtifactStore(folder));
        UploadSession session = await catalog.BeginUploadAsync();
        Say(session.Id);
        while (true)
        {
            byte[] piece = [.. Enumerable.Range(0, 10_007).Select(i => UploadedByte(session.Offset + i))];
            session = await catalog.AppendAsync(session.Id, session.Offset, new MemoryStream(piece));
            Say(session.Offset.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The byte at this place of what the worker uploads.</summary>
    public static byte UploadedByte(long offset) => (byte)((offset * 2_654_435_761L) >> 13);

    /// <summary>
    /// Eight producers keep the writer busy while one lease is kept and also renewed as often as it goes; prints how long the slowest
    /// of these renewals took in milliseconds, how many rows were written, how many renewals there were, and how many took longer than a third
    /// of the lease.
    /// </summary>
    private static async Task SaturateAsync(Database database, long first, TimeSpan duration, TimeSpan lease)
    {
        await database.OpenAsync();
        Say("ready");
        await Console.In.ReadLineAsync();

        var leases = new LeaseTable(database);
        await using HeldLease held = await HeldLease.TryAcquireAsync(leases, $"job/{first}", "worker", lease)
            ?? throw new InvalidOperationException("The lease is taken.");
        long started = Stopwatch.GetTimestamp();
        long next = first;
        Task[] producers =
        [
            .. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            {
                while (Stopwatch.GetElapsedTime(started) < duration)
                {
                    await InsertAsync(database, Interlocked.Increment(ref next), Durability.Process);
                }
            })),
        ];
        TimeSpan slowest = TimeSpan.Zero;
        int renewals = 0;
        int late = 0;
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            long sent = Stopwatch.GetTimestamp();
            if (!await leases.RenewAsync(held.Lease))
            {
                throw new InvalidOperationException("The lease was lost.");
            }

            TimeSpan took = Stopwatch.GetElapsedTime(sent);
            slowest = took > slowest ? took : slowest;
            renewals++;
            late += took > lease / 3 ? 1 : 0;
            await Task.Delay(10);
        }

        await Task.WhenAll(producers);
        held.Lost.ThrowIfCancellationRequested();
        Say(string.Create(CultureInfo.InvariantCulture, $"{slowest.TotalMilliseconds:F0} {next - first} {renewals} {late}"));
    }

    private static Task<int> InsertAsync(Database database, long id, Durability durability) => database.WriteAsync(
        id, static (session, id) => session.Execute("INSERT INTO grown_row (id, note) VALUES (@id, @note)", ("@id", id), ("@note", "x")), durability);

    private static void Say(string line)
    {
        lock (Migrations)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
