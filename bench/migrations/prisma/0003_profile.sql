/*
  Warnings:

  - You are about to drop the column `note` on the `Order` table. All the data in the column will be lost.
  - Added the required column `currency` to the `Order` table with a default value.

*/
-- AlterTable
ALTER TABLE "Order" DROP COLUMN "note",
ADD COLUMN     "currency" TEXT NOT NULL DEFAULT 'EUR',
ADD COLUMN     "updatedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

-- AlterTable
ALTER TABLE "User" ADD COLUMN     "bio" TEXT,
ADD COLUMN     "token" UUID NOT NULL DEFAULT gen_random_uuid();

-- CreateTable
CREATE TABLE "Profile" (
    "id" SERIAL NOT NULL,
    "userId" INTEGER NOT NULL,
    "avatar" TEXT,

    CONSTRAINT "Profile_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "Profile_userId_key" ON "Profile"("userId");

-- CreateIndex
CREATE INDEX "Order_userId_state_idx" ON "Order"("userId", "state");

-- AddForeignKey
ALTER TABLE "Profile" ADD CONSTRAINT "Profile_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AlterTable
ALTER TABLE "User" ALTER COLUMN "name" SET DATA TYPE TEXT;

-- AlterTable
ALTER TABLE "Product" ALTER COLUMN "price" SET DATA TYPE DECIMAL(12,2);

-- AlterTable
UPDATE "User" SET "points" = 0 WHERE "points" IS NULL;
ALTER TABLE "User" ALTER COLUMN "points" SET NOT NULL;
ALTER TABLE "User" ALTER COLUMN "points" SET DEFAULT 0;
