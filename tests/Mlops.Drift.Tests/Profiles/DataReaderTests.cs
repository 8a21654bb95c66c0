using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Mlops.Drift.Tests;

/// <summary>Rows of a database: a real SQLite, whose values have types of their own, and typed tables.</summary>
[TestFixture]
internal sealed class DataReaderTests
{
    private static readonly DriftSchema Schema = DriftSchema.Create(s => s
        .Numeric("amount").Numeric("weight").Categorical("country").Prediction("predicted").Timestamp("at").Id("id").Label("actual"));

    private const string Columns = "id, at, amount, weight, country, predicted, actual";

    private sealed record Order(long Id, DateTimeOffset At, double Amount, double? Weight, string? Country, double Predicted, double? Actual);

    [Test]
    public async Task Rows_of_a_database_give_the_profile_and_report_of_the_same_objects()
    {
        Order[] before = Orders(1, 3_000, 0), after = Orders(2, 800, 0.4);
        DriftSchema<Order> typed = DriftSchema.For<Order>(s => s
            .Numeric(o => o.Amount, "amount").Numeric(o => o.Weight, "weight").Categorical(o => o.Country, "country")
            .Prediction(o => o.Predicted, "predicted").Timestamp(o => o.At).Id(o => o.Id).Label(o => o.Actual));
        ReferenceProfile expected = ReferenceProfile.Build(typed, before);
        await using SqliteConnection connection = await StoreAsync(before, after);

        ReferenceProfile profile = await ReadAsync(connection, $"SELECT {Columns} FROM orders WHERE part = 1 ORDER BY rowid", reader => ReferenceProfile.BuildAsync(Schema, reader));
        Assert.That(profile.Digest, Is.EqualTo(expected.Digest));

        DriftReport report = await ReadAsync(connection, $"SELECT {Columns} FROM orders WHERE part = 2 ORDER BY rowid", reader => DriftReport.CompareAsync(profile, Schema, reader));
        Assert.That(report.ToJson(), Is.EqualTo(DriftReport.Compare(expected, after).ToJson()));
        Assert.That(report.Verdict, Is.EqualTo(DriftVerdict.Drift));

        using DriftMonitor monitor = new("orders", Schema), watched = new DriftMonitor<Order>("orders", typed);
        monitor.Activate("v1", profile);
        watched.Activate("v1", expected);
        Assert.That(await ReadAsync(connection, $"SELECT {Columns} FROM orders WHERE part = 2 ORDER BY rowid", reader => monitor.ObserveAsync(reader)), Is.EqualTo(after.Length));
        foreach (Order order in after)
            ((DriftMonitor<Order>)watched).Observe(order);
        Assert.That((await monitor.EvaluateAsync()).ToJson(), Is.EqualTo((await watched.EvaluateAsync()).ToJson()));
        Assert.That(monitor.Status.Labels, Is.EqualTo(watched.Status.Labels));
    }

    /// <summary>An evaluation may hold the windows while the buffer fills: reading waits, where a live row would be dropped.</summary>
    [Test]
    public async Task History_is_not_dropped_while_its_buffer_is_full()
    {
        using DriftMonitor monitor = new("orders", Schema, new DriftMonitorOptions { MaximumBufferedRows = 256 });
        Order[] orders = Orders(1, 1_000, 0);
        await using SqliteConnection connection = await StoreAsync(orders, []);
        monitor.Hold();
        Task<long> reading = ReadAsync(connection, $"SELECT {Columns} FROM orders ORDER BY rowid", reader => monitor.ObserveAsync(reader));
        await Task.Delay(50);
        Assert.That(reading.IsCompleted, Is.False);
        monitor.Resume();
        Assert.That(await reading, Is.EqualTo(1_000));
        Assert.That((monitor.Status.Rows, monitor.Status.DroppedRows), Is.EqualTo((1_000L, 0L)));
    }

    [Test]
    public async Task Columns_that_do_not_fit_are_named_before_a_row_is_read()
    {
        await using SqliteConnection connection = await StoreAsync(Orders(1, 50, 0), []);
        Assert.That(await Refused("SELECT id, at, amount, country, predicted, actual FROM orders"), Does.Contain("'weight'").And.Contain("country, predicted"));
        Assert.That(await Refused($"SELECT {Columns}, part FROM orders"), Does.Contain("part").And.Contain("Select only"));
        Assert.That(await Refused($"SELECT {Columns}, amount AS weight FROM orders"), Does.Contain("more than one column 'weight'"));

        async Task<string> Refused(string query) =>
            (await Assert.ThrowsAsync<ArgumentException>(() => ReadAsync(connection, query, reader => ReferenceProfile.BuildAsync(Schema, reader))))!.Message;
    }

    [Test]
    public async Task A_value_of_another_kind_is_an_error_that_shows_no_value()
    {
        await using SqliteConnection connection = await StoreAsync(Orders(1, 50, 0), []);
        string text = Columns.Replace("amount", "'secret' AS amount", StringComparison.Ordinal), time = Columns.Replace("at,", "'soon' AS at,", StringComparison.Ordinal);
        foreach ((string columns, string name) in new[] { (text, "amount"), (time, "at") })
        {
            DriftException? refused = await Assert.ThrowsAsync<DriftException>(
                () => ReadAsync(connection, $"SELECT {columns} FROM orders", reader => ReferenceProfile.BuildAsync(Schema, reader)));
            string message = refused!.Message;
            Assert.That(message, Does.Contain($"'{name}'").And.Contain("String").And.Not.Contain("secret").And.Not.Contain("soon"));
        }
    }

    [Test]
    public async Task Every_common_type_is_read()
    {
        using DataTable table = new() { Locale = System.Globalization.CultureInfo.InvariantCulture };
        (string Name, object Value, double Number)[] numbers =
        [
            ("double", 1.5, 1.5), ("single", 2.5f, 2.5), ("long", 3L, 3), ("int", 4, 4), ("short", (short)5, 5), ("byte", (byte)6, 6), ("decimal", 7.5m, 7.5), ("bool", true, 1), ("ulong", 8UL, 8),
        ];
        foreach ((string name, object value, _) in numbers)
            table.Columns.Add(name, value.GetType());
        table.Columns.Add("text", typeof(string));
        table.Columns.Add("code", typeof(int));
        table.Columns.Add("key", typeof(Guid));
        table.Columns.Add("time", typeof(DateTimeOffset));
        Guid key = Guid.NewGuid();
        DateTimeOffset at = new(2026, 3, 1, 12, 0, 0, TimeSpan.FromHours(2));
        table.Rows.Add([.. numbers.Select(n => n.Value), "a", 7, key, at]);
        table.Rows.Add([.. numbers.Select(_ => DBNull.Value), DBNull.Value, DBNull.Value, DBNull.Value, DBNull.Value]);
        DriftSchema schema = DriftSchema.Create(s =>
        {
            foreach ((string name, _, _) in numbers)
                s.Numeric(name.ToUpperInvariant());
            s.Categorical("text").Categorical("code").Id("key").Timestamp("time");
        });
        await using DbDataReader reader = table.CreateDataReader();
        DriftSchema<DbDataReader> bound = DataReaderColumns.Bind(schema, reader);
        RowScratch scratch = RowScratch.Rent(schema);

        await reader.ReadAsync();
        bound.Read(in reader, scratch);
        Assert.That(scratch.Numbers.Take(numbers.Length), Is.EqualTo(numbers.Select(n => n.Number)));
        Assert.That(scratch.Texts.Take(2), Is.EqualTo(new[] { "a", "7" }));
        Assert.That((scratch.Facts.Id, scratch.Facts.Ticks), Is.EqualTo((PredictionKey.From(key), at.UtcTicks)));

        await reader.ReadAsync();
        bound.Read(in reader, scratch);
        Assert.That(scratch.Numbers.Take(numbers.Length).All(DriftSchema.IsMissing), Is.True);
        Assert.That(scratch.Texts.Take(2), Is.All.Null);
        Assert.That((scratch.Facts.Id.IsNone, scratch.Facts.Ticks), Is.EqualTo((true, RowFacts.NoTime)));
        RowScratch.Return(scratch);
    }

    [Test]
    public void Names_beside_the_columns_are_declared_once()
    {
        Assert.Throws<ArgumentException>(() => DriftSchema.Create(s => s.Numeric("a").Timestamp("t").Timestamp("u")));
        Assert.Throws<ArgumentException>(() => DriftSchema.Create(s => s.Numeric("a").Id(" ")));
    }

    private static Order[] Orders(int seed, int count, double shift)
    {
        Random random = new(seed);
        DateTimeOffset start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return [.. Enumerable.Range(0, count).Select(i => new Order(
            (seed * 100_000) + i, start.AddMinutes(i), random.NextDouble() + shift, random.Next(20) == 0 ? null : random.NextDouble(),
            random.Next(30) == 0 ? null : $"c{random.Next(5)}", random.NextDouble(), random.Next(3) == 0 ? null : random.NextDouble()))];
    }

    private static async Task<SqliteConnection> StoreAsync(Order[] first, Order[] second)
    {
        SqliteConnection connection = new("Data Source=:memory:");
        await connection.OpenAsync();
        await using (SqliteCommand create = new("CREATE TABLE orders (part INTEGER, id INTEGER, at TEXT, amount REAL, weight REAL, country TEXT, predicted REAL, actual REAL)", connection))
            await create.ExecuteNonQueryAsync();
        await using DbTransaction transaction = await connection.BeginTransactionAsync();
        await using SqliteCommand insert = new("INSERT INTO orders VALUES ($part, $id, $at, $amount, $weight, $country, $predicted, $actual)", connection, (SqliteTransaction)transaction);
        foreach ((int part, Order order) in first.Select(static o => (1, o)).Concat(second.Select(static o => (2, o))))
        {
            insert.Parameters.Clear();
            insert.Parameters.AddWithValue("$part", part);
            insert.Parameters.AddWithValue("$id", order.Id);
            insert.Parameters.AddWithValue("$at", order.At.ToString("O", System.Globalization.CultureInfo.InvariantCulture));
            insert.Parameters.AddWithValue("$amount", order.Amount);
            insert.Parameters.AddWithValue("$weight", (object?)order.Weight ?? DBNull.Value);
            insert.Parameters.AddWithValue("$country", (object?)order.Country ?? DBNull.Value);
            insert.Parameters.AddWithValue("$predicted", order.Predicted);
            insert.Parameters.AddWithValue("$actual", (object?)order.Actual ?? DBNull.Value);
            await insert.ExecuteNonQueryAsync();
        }

        await transaction.CommitAsync();
        return connection;
    }

    private static async Task<TResult> ReadAsync<TResult>(SqliteConnection connection, string query, Func<DbDataReader, Task<TResult>> use)
    {
        await using SqliteCommand command = new(query, connection);
        await using DbDataReader reader = await command.ExecuteReaderAsync();
        return await use(reader);
    }
}
