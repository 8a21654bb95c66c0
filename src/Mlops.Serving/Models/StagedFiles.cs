using System.Security.Cryptography;

namespace Mlops.Serving;

/// <summary>Checked copies of a model's files in a folder that only this user can read, so that nothing changes between check and use.</summary>
internal sealed class StagedFiles : IDisposable
{
    private const int BlockBytes = 1 << 20;
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-model-").FullName;

    private StagedFiles()
    {
    }

    /// <summary>Copies; <c>null</c> when the package has no files but its model.</summary>
    /// <exception cref="ModelLoadException">A file is not the one that was announced.</exception>
    public static async Task<StagedFiles?> CopyAsync(string model, ModelPackage package, CancellationToken cancellationToken)
    {
        if (package.Files.Count == 0)
            return null;

        var staged = new StagedFiles();
        try
        {
            foreach (ModelPackageFile file in package.Files)
                await staged.CopyAsync(model, file, cancellationToken).ConfigureAwait(false);
            await File.WriteAllBytesAsync(Path.Combine(staged._folder, FolderScan.ModelFile), package.Content, cancellationToken).ConfigureAwait(false);
            package.Folder = staged._folder;
            return staged;
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    /// <summary>Deletes the copies. A system that keeps files in use (Windows) refuses until the session is gone; then call it again.</summary>
    public void Dispose()
    {
        try
        {
            if (Directory.Exists(_folder))
                Directory.Delete(_folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Still in use.
        }
    }

    private async Task CopyAsync(string model, ModelPackageFile file, CancellationToken cancellationToken)
    {
        string path = Path.Combine(_folder, file.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using Stream source = await file.OpenReadAsync(cancellationToken).ConfigureAwait(false);
        using FileStream copy = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
        byte[] block = new byte[(int)Math.Min(BlockBytes, file.Length + 1)];
        int read;
        while (copy.Length <= file.Length && (read = await source.ReadAsync(block, cancellationToken).ConfigureAwait(false)) > 0)
        {
            hash.AppendData(block, 0, read);
            await copy.WriteAsync(block.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
        }

        string digest = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (!digest.Equals(file.Digest, StringComparison.OrdinalIgnoreCase))
            throw new ModelLoadException(model, ModelLoadFailure.DigestMismatch, $"'{file.Path}' should have SHA-256 {file.Digest} and has {digest}; copy it again.");
    }
}
