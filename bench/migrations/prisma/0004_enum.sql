-- AlterEnum
ALTER TYPE "OrderState" ADD VALUE 'CANCELLED';

-- AlterEnum
BEGIN;
CREATE TYPE "Role_new" AS ENUM ('USER', 'ADMIN');
ALTER TABLE "User" ALTER COLUMN "role" DROP DEFAULT;
ALTER TABLE "User" ALTER COLUMN "role" TYPE "Role_new" USING ("role"::text::"Role_new");
ALTER TYPE "Role" RENAME TO "Role_old";
ALTER TYPE "Role_new" RENAME TO "Role";
DROP TYPE "Role_old";
ALTER TABLE "User" ALTER COLUMN "role" SET DEFAULT 'USER';
COMMIT;

-- DropForeignKey
ALTER TABLE "Order" DROP CONSTRAINT "Order_userId_fkey";

-- AlterTable
ALTER TABLE "Order" ALTER COLUMN "userId" DROP NOT NULL;

-- AddForeignKey
ALTER TABLE "Order" ADD CONSTRAINT "Order_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- DropIndex
DROP INDEX "Product_sku_key";

-- AlterTable
ALTER TABLE "_OrderToProduct" ADD CONSTRAINT "_OrderToProduct_AB_pkey" PRIMARY KEY ("A", "B");

-- DropIndex
DROP INDEX "_OrderToProduct_AB_unique";

-- RenameForeignKey
ALTER TABLE "Profile" RENAME CONSTRAINT "Profile_userId_fkey" TO "Profile_owner_fkey";

-- RenameIndex
ALTER INDEX "User_email_key" RENAME TO "User_mail_key";

-- AlterTable
ALTER TABLE "Order" ADD COLUMN "number" SERIAL NOT NULL;

-- AlterSequence
ALTER SEQUENCE "Order_number_seq" AS BIGINT;

-- AlterTable
ALTER TABLE "Order" ALTER COLUMN "number" SET DATA TYPE BIGINT;

-- DropTable
DROP TABLE "Profile";
