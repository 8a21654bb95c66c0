using System.Globalization;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.Sqlite.Tests;

/// <summary>Upload sessions when the process that receives them is killed. They do not depend on the engine.</summary>
[TestFixture]
public sealed class UploadCrashTests
{
    private const int Kills = 3;
    private const int PiecesBeforeKill = 20;

    [Test]
    public async Task No_acknowledged_byte_of_an_upload_is_lost_when_the_process_is_killed_and_the_upload_goes_on()
    {
        string folder = Directory.CreateTempSubdirectory("mlops-uploads").FullName;
        for (int kill = 0; kill < Kills; kill++)
        {
            string connectionString = TemporaryFolder.NewDatabase();
            string id;
            long acknowledged = 0;
            await using (WorkerProcess worker = WorkerProcess.Start("upload", connectionString, folder))
            {
                id = await worker.ReadLineAsync() ?? throw new InvalidOperationException("The worker ended by itself.");
                for (int piece = 0; piece < PiecesBeforeKill; piece++)
                {
                    acknowledged = long.Parse((await worker.ReadLineAsync())!, CultureInfo.InvariantCulture);
                }

                worker.Kill();
                List<string> rest = await worker.ReadToEndAsync();
                acknowledged = rest.SkipLast(1).Select(static line => long.Parse(line, CultureInfo.InvariantCulture)).LastOrDefault(acknowledged);
            }

            await using var database = new SqliteDatabase(connectionString);
            var catalog = new ArtifactCatalog(database, new FileArtifactStore(folder));
            UploadSession session = await catalog.GetUploadAsync(id);
            Assert.That(session.Offset, Is.AtLeast(acknowledged));

            await catalog.AppendAsync(id, session.Offset, new MemoryStream([StorageWorker.UploadedByte(session.Offset)]));
            byte[] expected = new byte[session.Offset + 1];
            for (int i = 0; i < expected.Length; i++)
            {
                expected[i] = StorageWorker.UploadedByte(i);
            }

            await using ArtifactUpload upload = await catalog.CompleteAsync(id, ContentHash.Of(expected));
            Assert.That(upload.Artifact.Length, Is.EqualTo(expected.Length));
        }

        Directory.Delete(folder, recursive: true);
    }
}
