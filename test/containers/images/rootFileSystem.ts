import { execFile } from "node:child_process";
import { chmod, copyFile, cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Everything that will be in an image built FROM scratch, gathered from this machine. */
export class RootFileSystem {
  /** The context of the build; the files are in its folder `root`. */
  readonly context: string;

  private constructor(context: string) {
    this.context = context;
  }

  /** Begins with busybox for the shell and the usual small programs, a folder for temporary files, and one user beside root. */
  static async make(user: { readonly name: string; readonly id: number }): Promise<RootFileSystem> {
    const files = new RootFileSystem(await mkdtemp(join(tmpdir(), "golden-press-image-")));
    await files.addProgram(await findProgram("busybox"), "/bin/busybox");
    const { stdout } = await run("busybox", ["--list"]);
    const names = stdout.split("\n").filter((name) => name !== "" && name !== "busybox");
    for (const name of names) await files.addLink("busybox", `/bin/${name}`);
    await files.addLink("/bin/env", "/usr/bin/env"); // Where scripts look for it.
    await files.addFolder("/tmp", 0o1777);
    await files.addFolder("/var/lib");
    const { name, id } = user;
    await files.addText("/etc/passwd", `root:x:0:0::/:/bin/sh\n${name}:x:${id}:${id}::/tmp:/bin/sh\n`);
    await files.addText("/etc/group", `root:x:0:\n${name}:x:${id}:\n`);
    return files;
  }

  /** Where on this machine a file of the image is. */
  path(inImage: string): string {
    return join(this.context, "root", inImage);
  }

  async addFolder(inImage: string, mode = 0o755): Promise<void> {
    await mkdir(this.path(inImage), { recursive: true });
    await chmod(this.path(inImage), mode);
  }

  async addText(inImage: string, text: string): Promise<void> {
    await this.addFolder(dirname(inImage));
    await writeFile(this.path(inImage), text);
  }

  async addFile(source: string, inImage: string): Promise<void> {
    await this.addFolder(dirname(inImage));
    await copyFile(source, this.path(inImage));
  }

  async addLink(target: string, inImage: string): Promise<void> {
    await this.addFolder(dirname(inImage));
    await symlink(target, this.path(inImage));
  }

  /** Copies a folder with everything in it. */
  async addTree(source: string, inImage: string): Promise<void> {
    await cp(source, this.path(inImage), { recursive: true, verbatimSymlinks: true });
  }

  /** Copies a program and the shared libraries that it is linked with. */
  async addProgram(source: string, inImage: string): Promise<void> {
    await this.addFile(source, inImage);
    await this.addLibraries(source);
  }

  /**
   * Copies the shared libraries of a program to where the linker looks for them.
   *
   * @param own a folder with libraries that the program brings itself, which are left out
   */
  async addLibraries(program: string, own?: string): Promise<void> {
    const libraries = await librariesOf(program);
    for (const library of libraries) {
      if (own === undefined || !library.startsWith(own)) await this.addFile(library, library);
    }
  }

  async remove(): Promise<void> {
    await rm(this.context, { recursive: true });
  }
}

/** The path of a program of this machine, also of one that only root has on its PATH. */
export async function findProgram(name: string): Promise<string> {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  const { stdout } = await run("sh", ["-c", `command -v "$0"`, name], { env: { ...process.env, PATH: path } }).catch(
    () => {
      throw new Error(
        `The images need ${name}, which is not installed here: apt-get install ${PACKAGES[name] ?? name}`,
      );
    },
  );
  return stdout.trim();
}

/** Debian's packages whose names are not the program's. */
const PACKAGES: Readonly<Record<string, string>> = { busybox: "busybox-static" };

async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await run("ldd", [program]).catch((error: { stderr?: string; stdout?: string }) => {
    if (/not a dynamic executable/.test(`${error.stderr}${error.stdout}`)) return { stdout: "" };
    throw error;
  });
  return [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map((match) => match[1] ?? "");
}
