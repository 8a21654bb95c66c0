using System.Text;
using Mlops.Storage;

namespace Mlops.Registry.Tests.Versions;

public abstract class FolderSuite : RegistrySuite
{
    [Test]
    public async Task A_folder_lists_its_files_and_gives_their_bytes_back()
    {
        await using ArtifactUpload weights = await Artifacts.UploadAsync(Content("weights"));
        await using ArtifactUpload config = await Artifacts.UploadAsync(Content("{}"));
        await using ArtifactUpload empty = await Artifacts.UploadAsync(new MemoryStream());
        ModelFile[] files = [File("model/weights.bin", weights), File("MLmodel", config), File("model/empty", empty)];
        ModelVersion version = await Registry.RegisterFilesAsync("m", files, new() { RunId = "r" });

        Assert.That((version.Format, version.RunId, version.Signature), Is.EqualTo((ModelFormat.Folder, "r", (Mlops.Onnx.OnnxSignature?)null)));
        Assert.That(await Registry.ReadFilesAsync(version), Is.EqualTo(new[] { files[1], files[2], files[0] }));
        Assert.That(await ReadAsync(version, "model/weights.bin"), Is.EqualTo("weights"));
        Assert.That(await ReadAsync(version, "model/empty"), Is.EqualTo(""));
        Assert.That(async () => await Registry.OpenFileAsync(version, "model"), Throws.TypeOf<ModelFileNotFoundException>().With.Property("Name").EqualTo("model"));
    }

    [Test]
    public async Task Equal_files_make_equal_bytes_in_any_order_and_repeat_a_registration()
    {
        await using ArtifactUpload a = await Artifacts.UploadAsync(Content("a"));
        await using ArtifactUpload b = await Artifacts.UploadAsync(Content("b"));
        ModelVersion first = await Registry.RegisterFilesAsync("m", [File("a", a), File("b", b)], new() { IdempotencyKey = "k" });
        ModelVersion again = await Registry.RegisterFilesAsync("m", [File("b", b), File("a", a)], new() { IdempotencyKey = "k" });
        ModelVersion other = await Registry.RegisterFilesAsync("m", [File("b", a), File("a", b)]);

        Assert.That((again.Number, again.Hash), Is.EqualTo((first.Number, first.Hash)));
        Assert.That(other.Hash, Is.Not.EqualTo(first.Hash));
        Assert.That(
            Encoding.UTF8.GetString(await Registry.ReadAsync(first)),
            Is.EqualTo($$"""{"format":"mlops.folder/1","files":[{"name":"a","sha256":"{{a.Artifact.Hash}}","length":1},{"name":"b","sha256":"{{b.Artifact.Hash}}","length":1}]}"""));
    }

    [Test]
    public async Task The_files_of_a_version_outlive_a_collection_and_go_with_the_version()
    {
        ModelVersion version;
        await using (ArtifactUpload a = await Artifacts.UploadAsync(Content("a")))
        {
            version = await Registry.RegisterFilesAsync("m", [File("a", a), File("copy", a)]);
        }

        Assert.That((await Artifacts.CollectGarbageAsync()).Artifacts, Is.Zero);
        Assert.That(await ReadAsync(version, "copy"), Is.EqualTo("a"));
        await Registry.RenameModelAsync("m", "n");
        await Registry.DeleteVersionAsync("n", 1);
        Assert.That((await Artifacts.CollectGarbageAsync()).Artifacts, Is.EqualTo(2));
    }

    [Test]
    public async Task A_deleted_model_releases_the_files_of_its_folders()
    {
        await using (ArtifactUpload a = await Artifacts.UploadAsync(Content("a")))
        {
            await Registry.RegisterFilesAsync("m", [File("a", a)]);
        }

        await Registry.DeleteModelAsync("m");
        Assert.That((await Artifacts.CollectGarbageAsync()).Artifacts, Is.EqualTo(2));
    }

    [Test]
    public async Task A_file_whose_name_could_lead_elsewhere_is_refused()
    {
        await using ArtifactUpload a = await Artifacts.UploadAsync(Content("a"));
        foreach (string name in (string[])["../a", "/a", "a//b", "a\\b", "NUL", ""])
        {
            Assert.That(() => Registry.RegisterFilesAsync("m", [File(name, a)]), Throws.ArgumentException);
        }

        Assert.That(await Registry.FindModelAsync("m"), Is.Null);
    }

    [Test]
    public async Task Names_that_exclude_each_other_missing_files_and_wrong_lengths_leave_no_version()
    {
        await using ArtifactUpload a = await Artifacts.UploadAsync(Content("a"));
        ModelFile file = File("a", a);

        Assert.That(() => Registry.RegisterFilesAsync("m", []), Throws.ArgumentException);
        Assert.That(() => Registry.RegisterFilesAsync("m", [file, file]), Throws.ArgumentException.With.Message.Contains("'a'"));
        Assert.That(() => Registry.RegisterFilesAsync("m", [file, file with { Name = "a/b/c" }]), Throws.ArgumentException.With.Message.Contains("folder of 'a/b/c'"));
        Assert.That(async () => await Registry.RegisterFilesAsync("m", [file with { Length = 2 }]), Throws.ArgumentException.With.Message.Contains("said to have 2 bytes"));
        Assert.That(async () => await Registry.RegisterFilesAsync("m", [file with { Hash = ContentHash.Of("b"u8) }]), Throws.TypeOf<ArtifactNotFoundException>());
        Assert.That(await Registry.FindModelAsync("m"), Is.Null);
    }

    [Test]
    public async Task A_flipped_byte_in_the_store_is_refused_in_a_file_and_in_the_manifest()
    {
        await using ArtifactUpload a = await Artifacts.UploadAsync(Content("weights"));
        ModelVersion version = await Registry.RegisterFilesAsync("m", [File("a", a)]);
        Flip(a.Artifact.Hash);

        Assert.That(async () => await ReadAsync(version, "a"), Throws.TypeOf<ArtifactCorruptException>());
        Flip(version.Hash);
        Assert.That(async () => await Registry.ReadFilesAsync(version), Throws.TypeOf<ArtifactCorruptException>());
        Assert.That(async () => await Registry.OpenFileAsync(version, "a"), Throws.TypeOf<ArtifactCorruptException>());
    }

    [Test]
    public async Task Every_flipped_byte_of_a_model_is_refused_however_it_is_read()
    {
        ModelVersion version = await Registry.RegisterAsync("m", Content("0123456789"), Other());
        for (int at = 0; at < 10; at++)
        {
            Flip(version.Hash, at);
            Assert.That(async () => await Registry.ReadAsync(version), Throws.TypeOf<ArtifactCorruptException>());
            await using Stream stream = await Registry.OpenAsync(version);
            Assert.That(async () => await stream.CopyToAsync(Stream.Null), Throws.TypeOf<ArtifactCorruptException>());
            Flip(version.Hash, at);
        }

        Assert.That(await Registry.ReadAsync(version), Has.Length.EqualTo(10));
    }

    [Test]
    public async Task Only_a_folder_has_files()
    {
        ModelVersion version = await Registry.RegisterAsync("m", Content("x"), Other());

        Assert.That(() => Registry.ReadFilesAsync(version), Throws.ArgumentException);
        Assert.That(() => Registry.OpenFileAsync(version, "x"), Throws.ArgumentException);
        Assert.That(() => Registry.RegisterAsync("m", Content("x"), new() { Format = ModelFormat.Folder }), Throws.ArgumentException);
    }

    [Test]
    public async Task A_reference_keeps_the_address_and_fetches_nothing()
    {
        ModelVersion version = await Registry.RegisterReferenceAsync("m", "https://models.invalid/ridership?v=3", new() { Description = "elsewhere" });
        ModelVersion named = await Registry.RegisterReferenceAsync("m", "abfss://container@account.dfs.core.windows.net/m", new() { Source = "runs:/1/model" });

        Assert.That((version.Format, version.Source, version.Description), Is.EqualTo((ModelFormat.Reference, "https://models.invalid/ridership?v=3", "elsewhere")));
        Assert.That(await Registry.ReadAsync(version), Is.EqualTo("https://models.invalid/ridership?v=3"u8.ToArray()));
        Assert.That(named.Source, Is.EqualTo("runs:/1/model"));
        Assert.That(() => Registry.RegisterReferenceAsync("m", " "), Throws.ArgumentException);
        Assert.That(
            () => Registry.RegisterReferenceAsync("m", "https://ann:secret@models.invalid/"),
            Throws.ArgumentException.With.Message.Contains("user information").And.Message.Not.Contains("secret"));
        Assert.That(
            () => Registry.RegisterReferenceAsync("m", "runs:/1/model", new() { Source = "https://token@models.invalid/" }),
            Throws.ArgumentException.With.Message.Contains("user information").And.Message.Not.Contains("token@"));
    }

    private static ModelFile File(string name, ArtifactUpload upload) => new(name, upload.Artifact.Hash, upload.Artifact.Length);

    private async Task<string> ReadAsync(ModelVersion version, string name)
    {
        await using Stream stream = await Registry.OpenFileAsync(version, name);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    private void Flip(ContentHash hash, int at = 0)
    {
        string path = Directory.GetFiles(ArtifactFolder, hash.ToString(), SearchOption.AllDirectories).Single();
        System.IO.File.SetAttributes(path, FileAttributes.Normal);
        byte[] bytes = System.IO.File.ReadAllBytes(path);
        bytes[at] ^= 1;
        System.IO.File.WriteAllBytes(path, bytes);
    }
}
