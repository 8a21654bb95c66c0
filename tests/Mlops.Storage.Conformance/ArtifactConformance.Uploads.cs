using NUnit.Framework;

namespace Mlops.Storage.Conformance;

public abstract partial class ArtifactConformance
{
    [Test]
    public async Task An_upload_in_pieces_goes_on_in_another_process_and_becomes_the_artifact()
    {
        byte[] content = Bytes(300_000);
        UploadSession session = await Catalog(_database).BeginUploadAsync();
        Assert.That(session.Offset, Is.Zero);
        session = await Catalog(_database).AppendAsync(session.Id, 0, new MemoryStream(content, 0, 200_000));
        Assert.That(session.Offset, Is.EqualTo(200_000));

        // A catalogue of its own: nothing is remembered but what is on disk.
        ArtifactCatalog catalog = Catalog(Open());
        Assert.That(await catalog.GetUploadAsync(session.Id), Is.EqualTo(session));
        await catalog.AppendAsync(session.Id, 200_000, new MemoryStream(content, 200_000, 100_000));
        await using ArtifactUpload upload = await catalog.CompleteAsync(session.Id, ContentHash.Of(content));

        Assert.That(upload.Artifact, Is.EqualTo(new StoredArtifact(ContentHash.Of(content), content.Length)));
        Assert.That(await catalog.ReadAllBytesAsync(upload.Artifact.Hash, content.Length), Is.EqualTo(content));
        Assert.That(() => catalog.GetUploadAsync(session.Id), Throws.TypeOf<UploadNotFoundException>());
        Assert.That((await catalog.CollectGarbageAsync()).Artifacts, Is.Zero, "it is protected until it is disposed");
    }

    [Test]
    public async Task An_upload_without_a_byte_becomes_the_empty_artifact()
    {
        ArtifactCatalog catalog = Catalog(_database);
        UploadSession session = await catalog.BeginUploadAsync();

        await using ArtifactUpload upload = await catalog.CompleteAsync(session.Id);

        Assert.That(upload.Artifact, Is.EqualTo(new StoredArtifact(ContentHash.Of([]), 0)));
    }

    [TestCase(0)]
    [TestCase(9)]
    [TestCase(11)]
    public async Task A_piece_that_begins_elsewhere_is_refused_with_the_right_offset_and_changes_nothing(long offset)
    {
        ArtifactCatalog catalog = Catalog(_database);
        UploadSession session = await catalog.BeginUploadAsync();
        await catalog.AppendAsync(session.Id, 0, new MemoryStream(Bytes(10)));

        UploadOffsetException? refused = await Assert.ThrowsAsync<UploadOffsetException>(() => catalog.AppendAsync(session.Id, offset, new MemoryStream([1])));

        Assert.That((refused!.Given, refused.Stored), Is.EqualTo((offset, 10L)));
        Assert.That((await catalog.GetUploadAsync(session.Id)).Offset, Is.EqualTo(10));
    }

    [Test]
    public async Task What_arrived_of_a_piece_that_broke_off_is_kept()
    {
        ArtifactCatalog catalog = Catalog(_database);
        byte[] content = Bytes(300_000);
        UploadSession session = await catalog.BeginUploadAsync();

        Assert.That(() => catalog.AppendAsync(session.Id, 0, new BreakingStream(new MemoryStream(content), 170_000)), Throws.TypeOf<StorageException>());
        session = await catalog.GetUploadAsync(session.Id);
        Assert.That(session.Offset, Is.EqualTo(170_000));
        await catalog.AppendAsync(session.Id, session.Offset, new MemoryStream(content, 170_000, 130_000));

        await using ArtifactUpload upload = await catalog.CompleteAsync(session.Id, ContentHash.Of(content));
    }

    [Test]
    public async Task While_a_piece_arrives_others_are_refused()
    {
        ArtifactCatalog catalog = Catalog(_database);
        UploadSession session = await catalog.BeginUploadAsync();
        var gate = new GatedStream(Bytes(10));
        Task<UploadSession> appending = catalog.AppendAsync(session.Id, 0, gate);
        await gate.Reading;

        foreach (Func<Task> call in new Func<Task>[]
        {
            () => Catalog(Open()).AppendAsync(session.Id, 0, new MemoryStream([1])),
            () => catalog.CompleteAsync(session.Id),
            () => catalog.AbortAsync(session.Id),
        })
        {
            UploadBusyException? refused = await Assert.ThrowsAsync<UploadBusyException>(call.Invoke);
            Assert.That(refused!.IsTransient, Is.True);
        }

        gate.Open();
        Assert.That((await appending).Offset, Is.EqualTo(10));
    }

    [Test]
    public async Task An_upload_of_other_bytes_than_announced_is_refused_and_stays()
    {
        ArtifactCatalog catalog = Catalog(_database);
        byte[] content = Bytes(10);
        UploadSession session = await catalog.BeginUploadAsync();
        await catalog.AppendAsync(session.Id, 0, new MemoryStream(content));

        UploadMismatchException? refused = await Assert.ThrowsAsync<UploadMismatchException>(() => catalog.CompleteAsync(session.Id, ContentHash.Of([1])));

        Assert.That((refused!.Expected, refused.Actual), Is.EqualTo((ContentHash.Of([1]), ContentHash.Of(content))));
        Assert.That(await _place.CountAsync(), Is.Zero);
        await (await catalog.CompleteAsync(session.Id, ContentHash.Of(content))).DisposeAsync();
    }

    [Test]
    public async Task An_upload_that_would_be_too_large_keeps_nothing_of_the_piece()
    {
        ArtifactCatalog catalog = Catalog(_database, new ArtifactOptions { MaximumUploadBytes = 200_000 });
        UploadSession session = await catalog.BeginUploadAsync();
        await catalog.AppendAsync(session.Id, 0, new MemoryStream(Bytes(10)));

        UploadTooLargeException? refused = await Assert.ThrowsAsync<UploadTooLargeException>(() => catalog.AppendAsync(session.Id, 10, new MemoryStream(Bytes(199_991))));
        Assert.That(refused!.MaximumBytes, Is.EqualTo(200_000));
        Assert.That((await catalog.GetUploadAsync(session.Id)).Offset, Is.EqualTo(10));

        Assert.That((await catalog.AppendAsync(session.Id, 10, new MemoryStream(Bytes(199_990)))).Offset, Is.EqualTo(200_000));
    }

    [Test]
    public async Task A_session_expires_a_day_after_its_last_piece_and_is_swept()
    {
        ArtifactCatalog catalog = Catalog(_database);
        UploadSession session = await catalog.BeginUploadAsync();
        Assert.That(session.ExpiresAt, Is.EqualTo(_time.GetUtcNow().AddDays(1)));

        _time.Advance(TimeSpan.FromHours(23));
        session = await catalog.AppendAsync(session.Id, 0, new MemoryStream([1]));
        _time.Advance(TimeSpan.FromHours(23));
        await catalog.CollectGarbageAsync();
        Assert.That((await catalog.GetUploadAsync(session.Id)).ExpiresAt, Is.EqualTo(_time.GetUtcNow().AddHours(1)));

        _time.Advance(TimeSpan.FromHours(1));
        Assert.That(() => catalog.GetUploadAsync(session.Id), Throws.TypeOf<UploadNotFoundException>());
        Assert.That(() => catalog.AppendAsync(session.Id, 1, new MemoryStream([1])), Throws.TypeOf<UploadNotFoundException>());
        Assert.That(() => catalog.CompleteAsync(session.Id), Throws.TypeOf<UploadNotFoundException>());

        await catalog.CollectGarbageAsync();
        Assert.That(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public async Task An_aborted_session_is_gone_and_aborting_again_does_nothing()
    {
        ArtifactCatalog catalog = Catalog(_database);
        UploadSession session = await catalog.BeginUploadAsync();
        await catalog.AppendAsync(session.Id, 0, new MemoryStream(Bytes(10)));

        await catalog.AbortAsync(session.Id);
        await catalog.AbortAsync(session.Id);

        Assert.That(() => catalog.CompleteAsync(session.Id), Throws.TypeOf<UploadNotFoundException>());
        Assert.That(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories), Is.Empty);
    }

    [TestCase("")]
    [TestCase("..")]
    [TestCase("../../etc/passwd")]
    [TestCase("0000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("00000000000000000000000000000000000000000000000000000000000000A0")]
    [TestCase("000000000000000000000000000000000000000000000000000000000000/../0")]
    public async Task A_session_that_was_never_begun_is_not_found(string id)
    {
        ArtifactCatalog catalog = Catalog(_database);
        await catalog.BeginUploadAsync();

        Assert.That(() => catalog.GetUploadAsync(id), Throws.TypeOf<UploadNotFoundException>());
        Assert.That(() => catalog.AppendAsync(id, 0, Stream.Null), Throws.TypeOf<UploadNotFoundException>());
        Assert.That(() => catalog.CompleteAsync(id), Throws.TypeOf<UploadNotFoundException>());
        Assert.That(() => catalog.AbortAsync(id), Throws.Nothing);
    }

    [Test]
    public async Task Racing_pieces_and_collections_build_the_bytes_in_order()
    {
        // Three senders that each ask for the offset and send the next few bytes, as clients that have lost their answers do.
        byte[] content = Bytes(40_000);
        UploadSession session = await Catalog(_database).BeginUploadAsync();
        await Task.WhenAll(Enumerable.Range(0, 3).Select(sender => Task.Run(async () =>
        {
            var random = new Random(sender);
            ArtifactCatalog catalog = Catalog(_database);
            while (true)
            {
                try
                {
                    int offset = (int)(await catalog.GetUploadAsync(session.Id)).Offset;
                    int count = Math.Min(random.Next(1, 3_000), content.Length - offset);
                    if (count == 0)
                    {
                        return;
                    }

                    await catalog.AppendAsync(session.Id, offset, new MemoryStream(content, offset, count));
                }
                catch (Exception exception) when (exception is UploadBusyException or UploadOffsetException)
                {
                    await Task.Yield();
                }
            }
        })).Append(Task.Run(() => Catalog(_database).CollectGarbageAsync())));

        await using ArtifactUpload upload = await Catalog(_database).CompleteAsync(session.Id, ContentHash.Of(content));
        Assert.That(upload.Artifact.Length, Is.EqualTo(content.Length));
    }

    /// <summary>Tells that it is read, and answers when it may.</summary>
    private sealed class GatedStream(byte[] content) : MemoryStream(content)
    {
        private readonly TaskCompletionSource _reading = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reading => _reading.Task;

        public void Open() => _open.SetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _reading.TrySetResult();
            await _open.Task;
            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
