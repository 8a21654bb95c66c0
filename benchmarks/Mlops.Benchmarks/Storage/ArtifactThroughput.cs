using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Benchmarks.Storage;

/// <summary>
/// Megabytes per second of artifacts in a folder: verb <c>artifacts</c>. The baseline is what a program does by hand: copy the file, read it again to
/// hash it, flush it to disk. Contenders take turns on files that the system's cache holds; each answer is checked.
/// </summary>
public static class ArtifactThroughput
{
    private const int Rounds = 9;
    private const int LargeBytes = 64 << 20;
    private const int SmallBytes = 64 << 10;
    private const int SmallFiles = 100;
    private const int PieceBytes = 8 << 20;

    /// <summary>Prints medians.</summary>
    public static async Task RunAsync()
    {
        Console.WriteLine($"| what | files | MB/s | against the baseline | lowest to highest, {Rounds} rounds | CPU ms per MB |");
        Console.WriteLine("|---|---|---:|---:|---:|---:|");
        await MeasureAsync("1 of 64 MiB", [.. Contents(1, LargeBytes)]);
        await MeasureAsync($"{SmallFiles} of 64 KiB", [.. Contents(SmallFiles, SmallBytes)]);
    }

    private static async Task MeasureAsync(string files, byte[][] contents)
    {
        string folder = Directory.CreateTempSubdirectory("mlops-benchmark-").FullName;
        try
        {
            await using var database = new SqliteDatabase($"Data Source={Path.Combine(folder, "artifacts.db")};Pooling=False");
            await database.OpenAsync();
            string[] sources = [.. contents.Select((_, i) => Path.Combine(folder, $"source-{i}"))];
            for (int i = 0; i < contents.Length; i++)
            {
                await File.WriteAllBytesAsync(sources[i], contents[i]);
            }

            ContentHash[] hashes = [.. contents.Select(static content => ContentHash.Of(content))];
            double megabytes = contents.Sum(static content => (double)content.Length) / 1e6;
            var outcomes = new Outcome[7, Rounds];
            string[] names =
            [
                "copy, hash, flush: by hand", "upload", "upload of equal bytes", $"upload in pieces of {PieceBytes >> 20} MiB", "hash a file: by hand", "read, verified", "download to a file, verified",
            ];
            for (int round = 0; round < Rounds; round++)
            {
                string store = Path.Combine(folder, $"store-{round}");
                var catalog = new ArtifactCatalog(database, new FileArtifactStore(store));
                outcomes[0, round] = await TimeAsync(megabytes, sources, async (source, i) => await CopyAsync(source, Path.Combine(folder, "copy"), hashes[i]));
                outcomes[1, round] = await TimeAsync(megabytes, sources, (source, i) => UploadAsync(catalog, source, hashes[i]));
                outcomes[2, round] = await TimeAsync(megabytes, sources, (source, i) => UploadAsync(catalog, source, hashes[i]));
                outcomes[3, round] = await TimeAsync(megabytes, sources, (source, i) => UploadInPiecesAsync(catalog, source, hashes[i]));
                outcomes[4, round] = await TimeAsync(megabytes, sources, (source, i) => HashAsync(source, hashes[i]));
                outcomes[5, round] = await TimeAsync(megabytes, sources, async (_, i) =>
                {
                    await using Stream stream = await catalog.OpenReadAsync(hashes[i]);
                    await stream.CopyToAsync(Stream.Null);
                });
                outcomes[6, round] = await TimeAsync(megabytes, sources, (_, i) => catalog.DownloadAsync(hashes[i], Path.Combine(folder, "download")));
                Directory.Delete(store, recursive: true);
            }

            for (int what = 0; what < names.Length; what++)
            {
                int baseline = what is >= 4 and < 6 ? 4 : 0;
                Outcome[] own = [.. Enumerable.Range(0, Rounds).Select(round => outcomes[what, round])];
                double[] ratios = [.. own.Select((outcome, round) => outcome.MegabytesPerSecond / outcomes[baseline, round].MegabytesPerSecond).Order()];
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {names[what]} | {files} | {Median(own.Select(static o => o.MegabytesPerSecond)):N0} | {ratios[Rounds / 2]:N2}x | {ratios[0]:N2}x to {ratios[^1]:N2}x | {Median(own.Select(static o => o.CpuPerMegabyte.TotalMilliseconds)):N2} |"));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Outcome> TimeAsync(double megabytes, string[] sources, Func<string, int, Task> work)
    {
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < sources.Length; i++)
        {
            await work(sources[i], i);
        }

        return new Outcome(megabytes / Stopwatch.GetElapsedTime(started).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu) / megabytes);
    }

    private static async Task CopyAsync(string source, string target, ContentHash expected)
    {
        File.Copy(source, target, overwrite: true);
        await HashAsync(target, expected);
        await using var file = new FileStream(target, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }

    private static async Task HashAsync(string path, ContentHash expected)
    {
        await using FileStream file = File.OpenRead(path);
        Check(new ContentHash(await SHA256.HashDataAsync(file)), expected);
    }

    private static async Task UploadAsync(ArtifactCatalog catalog, string source, ContentHash expected)
    {
        await using FileStream file = File.OpenRead(source);
        await using ArtifactUpload upload = await catalog.UploadAsync(file);
        Check(upload.Artifact.Hash, expected);
    }

    private static async Task UploadInPiecesAsync(ArtifactCatalog catalog, string source, ContentHash expected)
    {
        byte[] bytes = await File.ReadAllBytesAsync(source);
        UploadSession session = await catalog.BeginUploadAsync();
        for (int offset = 0; offset < bytes.Length; offset += PieceBytes)
        {
            session = await catalog.AppendAsync(session.Id, offset, new MemoryStream(bytes, offset, Math.Min(PieceBytes, bytes.Length - offset)));
        }

        await using ArtifactUpload upload = await catalog.CompleteAsync(session.Id, expected);
    }

    private static IEnumerable<byte[]> Contents(int files, int bytes)
    {
        var random = new Random(1);
        for (int i = 0; i < files; i++)
        {
            byte[] content = new byte[bytes];
            random.NextBytes(content);
            yield return content;
        }
    }

    private static void Check(ContentHash actual, ContentHash expected)
    {
        if (actual != expected)
        {
            throw new InvalidOperationException($"{actual} was stored instead of {expected}.");
        }
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    private sealed record Outcome(double MegabytesPerSecond, TimeSpan CpuPerMegabyte);
}
