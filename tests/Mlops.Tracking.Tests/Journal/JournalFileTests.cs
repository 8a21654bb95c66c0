using CsCheck;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Journal;

public sealed class JournalFileTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-journal-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase(Durability.Process)]
    [TestCase(Durability.Power)]
    public void What_was_appended_is_read_in_its_order_also_while_more_follows(Durability durability)
    {
        using JournalFile file = JournalFile.Create(_folder, JournalDisk.Of(durability));
        long position = 0;
        Assert.That(file.Read(ref position), Is.Null);
        file.Append([1]);
        file.Append([2, 2]);
        Assert.That(file.Read(ref position), Is.EqualTo(new byte[] { 1 }));
        file.Append(new byte[100_000]);
        Assert.That(file.Read(ref position), Is.EqualTo(new byte[] { 2, 2 }));
        Assert.That(file.Read(ref position), Has.Length.EqualTo(100_000));
        Assert.That(file.Read(ref position), Is.Null);

        file.Clear();
        file.Append([3]);
        position = 0;
        Assert.That(file.Read(ref position), Is.EqualTo(new byte[] { 3 }));
    }

    [Test]
    public void A_file_is_one_processs_until_it_closes_it()
    {
        JournalFile file = JournalFile.Create(_folder, JournalDisk.Of(Durability.Process));
        file.Append([1]);
        Assert.That(JournalFile.TryOpen(file.Path), Is.Null);
        file.Dispose();

        using (JournalFile? again = JournalFile.TryOpen(file.Path))
        {
            Assert.That(again, Is.Not.Null);
            again!.Delete();
        }

        Assert.That(Directory.GetFiles(_folder), Is.Empty);
        Assert.That(JournalFile.TryOpen(file.Path), Is.Null);
    }

    [Test]
    public void A_tail_that_was_torn_at_any_byte_is_cut_and_nothing_before_it()
    {
        byte[] whole = Write([1, 2, 3], new byte[20], [4, 5]);
        int[] ends = [JournalHead, JournalHead + 12 + 3, JournalHead + 24 + 23, whole.Length];
        for (int length = 0; length <= whole.Length; length++)
        {
            Assert.That(Read(whole[..length]), Has.Count.EqualTo(Math.Max(0, ends.Count(end => end <= length) - 1)), $"{length} bytes");
        }
    }

    [Test]
    public void Any_damaged_byte_before_the_last_record_stops_the_reading_there_and_in_the_last_it_is_cut()
    {
        byte[] whole = Write([1, 2, 3], new byte[20], [4, 5]);
        int last = whole.Length - 12 - 2;
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 0x10;
            if (i >= last)
            {
                Assert.That(Read(damaged), Has.Count.EqualTo(2), $"byte {i}");
                continue;
            }

            JournalCorruptException? corrupt = Assert.Throws<JournalCorruptException>(() => Read(damaged), $"byte {i}");
            Assert.That(corrupt!.Position, Is.EqualTo(i < JournalHead ? 0 : i < JournalHead + 15 ? JournalHead : JournalHead + 15), $"byte {i}");
        }
    }

    [Test]
    public void A_tail_of_zeros_is_cut()
    {
        Assert.That(Read([.. Write([1], [2]), .. new byte[200_000]]), Has.Count.EqualTo(2));
    }

    [Test]
    public void A_record_that_lies_far_behind_the_damage_is_found()
    {
        byte[] whole = Write([1], new byte[150_000], [2]);
        whole[JournalHead + 13 + 2] ^= 1;

        Assert.That(() => Read(whole), Throws.TypeOf<JournalCorruptException>().With.Property("Position").EqualTo(JournalHead + 13));
    }

    [Test]
    public void A_batch_reads_back_as_it_was() => GenRecord.Sample(record =>
    {
        RunAppend again = RunAppend.Parse(record.ToBytes());
        return again.Points.SequenceEqual(record.Points) && again.Names.SequenceEqual(record.Names)
            && again.Parameters.SequenceEqual(record.Parameters) && again.Tags.SequenceEqual(record.Tags)
            && (again.RunId, again.Owner, again.Writer, again.Sequence, again.Dropped, again.End)
                == (record.RunId, record.Owner, record.Writer, record.Sequence, record.Dropped, record.End)
            && (again.Environment ?? []).SequenceEqual(record.Environment ?? []);
    }, iter: 300);

    [Test]
    public void Batches_that_are_merged_keep_the_first_parameter_the_last_tag_and_every_point()
    {
        RunAppend first = new()
        {
            RunId = "r",
            Owner = "o",
            Writer = 1,
            Sequence = 4,
            Dropped = 2,
            Names = ["a", "b"],
            Points = [new(1, new Sample(1, 1, 1)), new(0, new Sample(2, 2, 2))],
            Parameters = [new("p", "1")],
            Tags = [new("t", "1")],
            Environment = [1, 2],
        };
        RunAppend second = first with
        {
            Sequence = 7,
            Dropped = 3,
            Names = ["c", "b"],
            Points = [new(0, new Sample(3, 3, 3)), new(1, new Sample(4, 4, 4))],
            End = (RunStatus.Failed, 9),
            Parameters = [new("p", "2"), new("q", "2")],
            Tags = [new("t", "2")],
            Environment = null,
        };

        RunAppend merged = RunAppend.Merge([first, second]);
        Assert.That((merged.Sequence, merged.Dropped, merged.End), Is.EqualTo((7, 5, ((RunStatus, long)?)(RunStatus.Failed, 9))));
        Assert.That(merged.Points.Select(point => (merged.Names[point.Series], point.Sample.Step)), Is.EqualTo(new[] { ("b", 1L), ("a", 2), ("c", 3), ("b", 4) }));
        Assert.That(merged.Parameters, Is.EquivalentTo(new Dictionary<string, string> { ["p"] = "1", ["q"] = "2" }));
        Assert.That(merged.Tags, Is.EquivalentTo(new Dictionary<string, string> { ["t"] = "2" }));
        Assert.That(merged.Environment, Is.EqualTo(new byte[] { 1, 2 }));
    }

    [Test]
    public void A_batch_that_was_written_before_batches_had_surroundings_is_read()
    {
        // Of version 0.1: run r, owner o, writer 1, batch 2, one point 3, 4, 5 of the series a.
        byte[] old = Convert.FromHexString("010172016F010000000000000002000000000000000000000000000000000000000000000000000001016101" + "00" + "030000000000000004000000000000000500000000000000");

        RunAppend record = RunAppend.Parse(old);
        Assert.That((record.RunId, record.Sequence, record.Points.Single(), record.Environment), Is.EqualTo(("r", 2L, new PendingPoint(0, new Sample(3, 4, 5)), (byte[]?)null)));
        Assert.That(record.ToBytes(), Is.EqualTo(old), "and code of then reads what is written now");
    }

    [Test]
    public void What_is_no_batch_is_refused()
    {
        byte[] bytes = new RunAppend { RunId = "r", Owner = "o", Writer = 1, Sequence = 2, Names = ["a"], Points = [new(0, new Sample(1, 2, 3))] }.ToBytes();
        for (int length = 0; length < bytes.Length; length++)
        {
            byte[] cut = bytes[..length];
            Assert.That(() => RunAppend.Parse(cut), Throws.TypeOf<InvalidDataException>(), $"{length} bytes");
        }

        bytes[0]++;
        Assert.That(() => RunAppend.Parse(bytes), Throws.TypeOf<InvalidDataException>().With.Message.Contains("format 2"));
    }

    private const int JournalHead = 8;

    private static readonly Gen<KeyValuePair<string, string>> GenPair = Gen.Select(Gen.String, Gen.String, KeyValuePair.Create);

    private static readonly Gen<RunAppend> GenRecord =
        from texts in Gen.String.Array[2]
        from numbers in Gen.Long.Array[3]
        from ended in Gen.Int[0, 4]
        from time in Gen.Long
        from parameters in GenPair.Array[0, 3]
        from tags in GenPair.Array[0, 3]
        from names in Gen.String.Array[0, 3]
        from environment in Gen.Byte.Array[0, 32]
        from points in Gen.Select(Gen.Int[0, 1_000_000], Gen.Long, Gen.Long, Gen.Long, static (series, step, at, bits) => new PendingPoint(series, new Sample(step, at, bits))).List[0, 20]
        select new RunAppend
        {
            RunId = texts[0],
            Owner = texts[1],
            Writer = numbers[0],
            Sequence = numbers[1],
            Dropped = numbers[2],
            End = ended == 0 ? null : ((RunStatus)ended, time),
            Parameters = parameters,
            Tags = tags,
            Names = names,
            Points = points,
            Environment = environment.Length == 0 ? null : environment,
        };

    private byte[] Write(params byte[][] records)
    {
        JournalFile file = JournalFile.Create(_folder, JournalDisk.Of(Durability.Process));
        foreach (byte[] record in records)
        {
            file.Append(record);
        }

        file.Dispose();
        return File.ReadAllBytes(file.Path);
    }

    private List<byte[]> Read(byte[] bytes)
    {
        string path = Path.Combine(_folder, "read.journal");
        File.WriteAllBytes(path, bytes);
        using JournalFile file = JournalFile.TryOpen(path)!;
        List<byte[]> records = [];
        long position = 0;
        while (file.Read(ref position) is { } record)
        {
            records.Add(record);
        }

        return records;
    }
}
